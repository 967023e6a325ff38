import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Findings, Issue, IssueKind } from './issues.js';
import type { Path } from './schema.js';

/** JSON of a path → where its key and its value begin, and a scalar's text as written. */
export type Places = Map<string, { readonly key: number; readonly value: number; readonly source?: string }>;

interface Surroundings {
  readonly source: string;
  /** Filled while reading. */
  readonly places: Places;
  readonly lineOf: (offset: number) => number;
}

/** Far above any pipeline (a long one has some 300 values), far below what could slow the machine. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 32;
const LIMITS = `it may have ${MAX_VALUES} values and ${MAX_DEPTH} levels after aliases are filled in`;

/**
 * The plain value of a YAML document, with what YAML allows and a spec does not: tags, merge keys, duplicate
 * keys (the first counts), keys that are not text, aliases without end. A value at fault is undefined.
 */
export function readTree(document: Document.Parsed, { source, places, lineOf }: Surroundings): { value: unknown; issues: Issue[] } {
  const issues: Issue[] = [];
  /** Anchored nodes that are being read, to notice an alias inside its own anchor. */
  const open = new Set<Node>();
  /** The outermost alias that is being filled in: it is at fault where the whole gets too large. */
  let filling: { readonly path: Path; readonly offset: number } | undefined;
  let values = 0;

  return { value: read(document.contents, [], offsetOf(document.contents, 0)), issues };

  function read(node: Node | null, path: Path, key: number): unknown {
    const offset = offsetOf(node, key);
    values += 1;
    if (values > MAX_VALUES || path.length > MAX_DEPTH) return refuse('too-large', filling?.path ?? path, filling?.offset ?? offset, { allowed: LIMITS });
    if (isAlias(node)) return readAlias(node, path, key);
    const source = isScalar(node) && typeof node.source === 'string' ? node.source : undefined;
    places.set(JSON.stringify(path), { key, value: offset, ...(source === undefined ? {} : { source }) });
    const tag = unresolvedTag(node);
    if (tag) return refuse('tag', path, tag.offset, { found: tag.text });
    if (isMap(node)) return readBlock(node, path);
    if (isSeq(node)) return readList(node, path);
    return isScalar(node) ? plainScalar(node.value) : null;
  }

  function readAlias(alias: Alias, path: Path, key: number): unknown {
    const offset = offsetOf(alias, key);
    const target = alias.resolve(document);
    places.set(JSON.stringify(path), { key, value: offset });
    if (!target) return refuse('unknown-anchor', path, offset, { found: alias.source });
    if (open.has(target)) return refuse('cyclic-alias', path, offset, { found: alias.source });
    const isOutermost = filling === undefined;
    filling ??= { path, offset };
    const value = read(target, path, key);
    if (isOutermost) filling = undefined;
    const scalar = isScalar(target) && typeof target.source === 'string' ? { source: target.source } : {};
    places.set(JSON.stringify(path), { key, value: offset, ...scalar });
    return value;
  }

  function readBlock(map: YAMLMap, path: Path): unknown {
    open.add(map);
    const firsts = new Map<string, number>();
    const entries: [string, unknown][] = [];
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const offset = offsetOf(pair.key, offsetOf(map, 0));
      const name = keyText(pair.key);
      if (name === undefined) {
        refuse('key-not-text', path, offset, {});
      } else if (name === '<<') {
        refuse('merge-key', [...path, name], offset, {});
      } else if (firsts.has(name)) {
        refuse('duplicate-key', [...path, name], offset, { firstLine: lineOf(firsts.get(name) ?? 0) });
      } else {
        firsts.set(name, offset);
        entries.push([name, read(pair.value, [...path, name], offset)]);
      }
      if (values > MAX_VALUES) break;
    }
    open.delete(map);
    return Object.fromEntries(entries); // Defines keys, so that `__proto__` is one like any other.
  }

  function readList(list: YAMLSeq, path: Path): unknown {
    open.add(list);
    const value: unknown[] = [];
    for (const [index, item] of (list.items as (Node | null)[]).entries()) {
      value.push(read(item, [...path, index], offsetOf(item, offsetOf(list, 0))));
      if (values > MAX_VALUES) break;
    }
    open.delete(list);
    return value;
  }

  function refuse<Kind extends IssueKind>(kind: Kind, path: Path, offset: number, facts: Findings[Kind]): undefined {
    const isRepeated = kind === 'too-large' && issues.some((issue) => issue.kind === kind);
    if (!isRepeated) issues.push({ kind, path, offset, ...facts } as Issue);
  }

  /** The parser warns of tags that the core schema lacks, without saying at which node: it is the one right behind. */
  function unresolvedTag(node: Node | null): { readonly text: string; readonly offset: number } | undefined {
    if (!node?.tag) return undefined;
    const start = offsetOf(node, 0);
    const warning = document.warnings.findLast(({ code, pos }) => code === 'TAG_RESOLVE_FAILED' && pos[1] <= start);
    if (!warning || !/^\s*(&\S+\s+)?$/.test(source.slice(warning.pos[1], start))) return undefined;
    return { text: source.slice(...warning.pos), offset: warning.pos[0] };
  }
}

/** Where a node begins; what is left empty begins at its key. */
function offsetOf(node: Node | null, otherwise: number): number {
  const isLeftEmpty = isScalar(node) && node.value === null && node.source === '';
  return isLeftEmpty ? otherwise : (node?.range?.[0] ?? otherwise);
}

function keyText(key: Node | null): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** The core schema knows text, numbers, booleans and null only. */
function plainScalar(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : (value ?? null);
}
