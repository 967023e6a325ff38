import { folded } from '../nearest.js';
import { alternatives, follow, meant, pointer, schemaAt, type Path, type Schema } from './schema.js';

/** Where in the schema a key of that spelling has its place: nearest to `parent` first, as JSON pointers of blocks. */
export function placesOf(key: string, parent: Path, root: unknown): { readonly key: string; readonly blocks: readonly string[] } | undefined {
  for (let length = parent.length; length >= 0; length--) {
    const from = parent.slice(0, length);
    const schema = schemaAt(from, root);
    const found = schema ? shallowest(schema, key, pointer(from)) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** The plain value that a text stands for in YAML 1.1 or in quotes, as YAML 1.2 writes it; undefined if the schema allows no such. */
export function unquoted(text: string, schema: Schema): string | undefined {
  const types = alternatives(schema).flatMap(({ type = [] }) => type);
  if (types.includes('boolean')) return /^(yes|on|y|true)$/i.test(text) ? 'true' : /^(no|off|n|false)$/i.test(text) ? 'false' : undefined;
  if (!types.includes('number') && !types.includes('integer')) return undefined;
  const digits = text.trim().replace(/(?<=\d)[_ ,](?=\d{3}(\D|$))/g, '');
  return digits !== '' && Number.isFinite(Number(digits)) ? String(Number(digits)) : undefined;
}

/** Breadth first: the blocks at the least depth that have the key. `*` stands for any item of a list. */
function shallowest(schema: Schema, key: string, at: string): { key: string; blocks: string[] } | undefined {
  let level = [{ at, schema }];
  for (let depth = 0; depth < 6 && level.length > 0; depth++) {
    const owners = level.flatMap((block) => ownKey(block.schema, key).map((name) => ({ name, at: block.at })));
    if (owners[0]) return { key: owners[0].name, blocks: [...new Set(owners.map((owner) => owner.at))] };
    level = level.flatMap((block) => inner(block.schema, block.at));
  }
  return undefined;
}

function ownKey(schema: Schema, key: string): string[] {
  const tag = follow(schema).discriminator?.propertyName; // Every variant has its name; that says nothing about a place.
  return alternatives(schema).flatMap(({ properties = {} }) => Object.keys(properties).filter((name) => name !== tag && folded(name) === folded(key)));
}

function inner(schema: Schema, at: string): { at: string; schema: Schema }[] {
  return alternatives(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).map(([name, child]) => {
      const { items } = follow(child);
      return items ? { at: `${at}/${name}/*`, schema: meant(items, undefined) } : { at: `${at}/${name}`, schema: follow(child) };
    }),
  );
}
