import type { ErrorObject } from 'ajv';
import { allowed, found, variantNames } from './describe.js';
import type { Issue } from './issues.js';
import type { SpecDocument } from './parse.js';
import { alternatives, follow, isBlock, pointer, schemaAt, SCHEMA, type Path, type Schema } from './schema.js';
import { nearest } from '../nearest.js';
import { placesOf, unquoted } from './suggest.js';
import fitsSchema from './validator.generated.cjs';

/** Everything in which a parsed spec differs from the schema. */
export function schemaIssues(document: SpecDocument): Issue[] {
  const issues = schemaFaults(document.value).map((fault) => ISSUE[fault.kind](fault.path, document));
  return issues.filter((issue) => !isExplained(issue, issues));
}

/** A place at fault: a value that is not allowed, a key that the schema does not know, or one that it wants. */
export interface Fault {
  readonly kind: 'value' | 'unknown' | 'missing';
  readonly path: Path;
}

/** One fault per place, however many keywords of the schema it breaks. */
export function schemaFaults(value: unknown): Fault[] {
  if (fitsSchema(value)) return [];
  const faults = (fitsSchema.errors ?? []).flatMap((error) => faultsOf(error, value));
  return [...new Map(faults.map((fault) => [`${fault.kind} ${JSON.stringify(fault.path)}`, fault])).values()];
}

function faultsOf({ instancePath, keyword, params }: ErrorObject, root: unknown): Fault[] {
  const path = pathOf(instancePath, root);
  if (keyword === 'additionalProperties') return [{ kind: 'unknown', path: [...path, params['additionalProperty'] as string] }];
  if (keyword === 'required') return [{ kind: 'missing', path: [...path, params['missingProperty'] as string] }];
  // Without its name a variant is missing a required key, which is said already.
  if (keyword === 'discriminator') return params['tagValue'] === undefined ? [] : [{ kind: 'value', path: [...path, params['tag'] as string] }];
  return isBlockAmongAlternatives(path, root) || (OF_ANOTHER.includes(keyword) && isListAmongAlternatives(path, root)) ? [] : [{ kind: 'value', path }];
}

/** Where a word or a block is allowed, a block is not at fault for not being the word; what is wrong stands inside it. */
function isBlockAmongAlternatives(path: Path, root: unknown): boolean {
  const value = valueAt(path, root);
  const union = unionAt(path, root);
  return isBlock(value) && union?.oneOf !== undefined && alternatives(union).some(({ type }) => type === 'object');
}

/** Where a word or a list is allowed, a list can be at fault for its length or what it repeats, not for not being the word. */
function isListAmongAlternatives(path: Path, root: unknown): boolean {
  const union = unionAt(path, root);
  return Array.isArray(valueAt(path, root)) && union?.oneOf !== undefined && alternatives(union).some(({ type }) => type === 'array');
}

/** What ajv says of the alternatives that are not meant. */
const OF_ANOTHER = ['const', 'oneOf', 'type', 'enum'];

const ISSUE: Readonly<Record<Fault['kind'], (path: Path, document: SpecDocument) => Issue>> = {
  value: wrongValue,
  missing: (path, document) => ({
    kind: 'missing-key',
    path,
    offset: document.keyAt(path.slice(0, -1)),
    allowed: allowed(nameSchema(path, document.value) ?? unionAt(path, document.value) ?? {}),
  }),
  unknown: unknownKey,
};

function wrongValue(path: Path, document: SpecDocument): Issue {
  const value = valueAt(path, document.value);
  const schema = nameSchema(path, document.value) ?? unionAt(path, document.value) ?? {};
  const suggestion = suggestionFor(value, schema);
  return {
    kind: 'wrong-value',
    path,
    offset: document.valueAt(path),
    found: found(value, document.sourceAt(path)),
    allowed: allowed(schema),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function suggestionFor(value: unknown, schema: Schema): string | undefined {
  const words = alternatives(schema).flatMap(({ enum: some, const: only }) => some ?? (only === undefined ? [] : [only]));
  if (words.includes('none') && (value === false || value === null)) return 'none';
  if (typeof value !== 'string') return undefined;
  return words.includes('none') && /^(no|off)$/i.test(value) ? 'none' : (nearest(value, words.map(String)) ?? unquoted(value, schema));
}

function unknownKey(path: Path, document: SpecDocument): Issue {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const known = Object.keys(schemaAt(parent, document.value)?.properties ?? {});
  const about = { path, offset: document.keyAt(path), key, parent: pointer(parent) || 'the pipeline' };

  const variants = variantsWith(key, parent, document.value);
  if (variants) return { kind: 'other-variant', ...about, ...variants };

  const spelling = nearest(key, known);
  const places = placesOf(key, parent, document.value);
  if (places && !places.blocks.includes(pointer(parent))) {
    return { kind: 'misplaced-key', ...about, places: places.blocks, suggestion: `${places.blocks[0]}/${places.key}` };
  }
  return { kind: 'unknown-key', ...about, allowed: known, ...(spelling === undefined ? {} : { suggestion: spelling }) };
}

/** A key that the named variant of a block lacks and another one has: `momentum` in an adamw. */
function variantsWith(key: string, path: Path, root: unknown): { found: string; allowed: string[] } | undefined {
  const union = unionAt(path, root);
  const value = valueAt(path, root);
  if (!union?.discriminator || !isBlock(value)) return undefined;
  const owners = union.oneOf?.filter((branch) => Object.hasOwn(follow(branch).properties ?? {}, key)) ?? [];
  return owners.length === 0 ? undefined : { found: String(value[union.discriminator.propertyName]), allowed: variantNames({ ...union, oneOf: owners }) };
}

/** What is allowed at a path which tells variants apart: the name of any of them. */
function nameSchema(path: Path, root: unknown): Schema | undefined {
  const union = unionAt(path.slice(0, -1), root);
  return union?.discriminator && union.discriminator.propertyName === path.at(-1) ? { enum: variantNames(union) } : undefined;
}

/** A misspelt key explains why the right one is missing. */
function isExplained(issue: Issue, issues: readonly Issue[]): boolean {
  if (issue.kind !== 'missing-key') return false;
  const block = pointer(issue.path.slice(0, -1));
  return issues.some(({ kind, path, suggestion }) => kind === 'unknown-key' && pointer(path.slice(0, -1)) === block && suggestion === issue.path.at(-1));
}

/** The schema of a place with all its alternatives, whichever of them the value means. */
function unionAt(path: Path, root: unknown): Schema | undefined {
  const key = path.at(-1);
  if (key === undefined) return follow(SCHEMA);
  const parent = schemaAt(path.slice(0, -1), root);
  const child = typeof key === 'number' ? parent?.items : parent?.properties?.[key];
  return child && follow(child);
}

function valueAt(path: Path, root: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined),
    root,
  );
}

/** ajv's pointer as keys: a number in a list, a text in a block. */
function pathOf(instancePath: string, root: unknown): Path {
  const path: (string | number)[] = [];
  for (const part of instancePath.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(valueAt(path, root)) ? Number(key) : key);
  }
  return path;
}
