import type { Partly } from './defaults.js';
import type { Issue } from './issues.js';
import { isBlock, pointer, type Path } from './schema.js';
import type { Pipeline } from './types.js';
import { schemaFaults } from './validate.js';

export interface Salvaged {
  readonly pipeline: Partly<Pipeline>;
  /** The path as the person wrote it, for a path in `pipeline`. */
  asWritten(path: Path): Path;
}

/**
 * What can be checked of a pipeline with faults, so that one misspelt word does not hide what else is wrong:
 * what has a suggestion is taken as that, and what else does not fit the schema is left out.
 */
export function salvage(value: unknown, issues: readonly Issue[]): Salvaged {
  const renamed = issues.filter(({ kind, suggestion }) => kind === 'unknown-key' && suggestion !== undefined);
  const reworded = issues.filter(({ kind, suggestion }) => kind === 'wrong-value' && suggestion !== undefined);
  let pipeline = amend(value, [], { keys: suggestions(renamed), values: suggestions(reworded) });
  // A renamed block may hold faults of its own, and a list can fall short once a fault in it is gone.
  for (let round = 0; round < 3; round++) {
    const faults = schemaFaults(pipeline).filter(({ kind }) => kind !== 'missing');
    if (faults.length === 0) break;
    pipeline = without(pipeline, [], new Set(faults.map(({ path }) => pointer(path))));
  }
  return { pipeline: isBlock(pipeline) ? (pipeline as Partly<Pipeline>) : {}, asWritten: (path) => undoRenaming(path, renamed) };
}

interface Amendments {
  /** Pointer → the right name of the key there. */
  readonly keys: ReadonlyMap<string, string>;
  /** Pointer → the right value there, as YAML writes it. */
  readonly values: ReadonlyMap<string, string>;
}

function suggestions(issues: readonly Issue[]): ReadonlyMap<string, string> {
  return new Map(issues.map(({ path, suggestion = '' }) => [pointer(path), suggestion]));
}

function amend(value: unknown, path: Path, right: Amendments): unknown {
  if (Array.isArray(value)) return value.map((item, index) => amend(item, [...path, index], right));
  if (!isBlock(value)) return plainValue(right.values.get(pointer(path))) ?? value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => {
    const name = right.keys.get(pointer([...path, key]));
    return [name === undefined || Object.hasOwn(value, name) ? key : name, amend(child, [...path, key], right)];
  });
  return Object.fromEntries(entries);
}

function plainValue(text: string | undefined): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== undefined && Number.isFinite(Number(text)) ? Number(text) : text;
}

function without(value: unknown, path: Path, faults: ReadonlySet<string>): unknown {
  if (faults.has(pointer(path))) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => without(item, [...path, index], faults));
  if (!isBlock(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [key, without(child, [...path, key], faults)]);
  return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
}

function undoRenaming(path: Path, renamed: readonly Issue[]): Path {
  const written: (string | number)[] = [];
  for (const key of path) {
    const origin = renamed.find((issue) => issue.suggestion === key && pointer(issue.path.slice(0, -1)) === pointer(written));
    written.push(origin?.path.at(-1) ?? key);
  }
  return written;
}
