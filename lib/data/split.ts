import { createHash } from 'node:crypto';
import type { SetName } from './dataset.js';
import { compareCodes } from './natural-order.js';
import type { Listing, SourceRecord } from './source.js';

/**
 * The order in which sets take images. An image that one has taken is not there for the next, so sets are disjoint
 * by construction; which images a set gets depends on the seed and on ids, never on the order of a listing.
 */
export const SET_ORDER: readonly SetName[] = ['labelled', 'validation', 'test', 'pool'];

/** What a set takes of one class. Candidates are tried in order until `wanted` were readable. */
export interface Draw {
  /** Name of the class; null = of the pool, which is one draw. */
  readonly label: string | null;
  readonly candidates: readonly SourceRecord[];
  readonly wanted: number;
}

export interface DrawOptions {
  readonly set: SetName;
  readonly seed: number;
  /** Images per class; null = all that are left. */
  readonly perClass: number | null;
  /** Origins that earlier sets took. */
  readonly taken: ReadonlySet<string>;
}

/** The draws of one set, class by class in natural order; candidates of a class in the order of the seed. */
export function drawSet({ records, classes }: Listing, { set, seed, perClass, taken }: DrawOptions): Draw[] {
  const left = records.filter(({ origin }) => !taken.has(origin));
  if (set === 'pool') return [drawPool(left, seed, perClass)];
  const byClass = groupByLabel(left);
  return (classes ?? []).map((label) => {
    const candidates = seededOrder(byClass.get(label) ?? [], seed, 'split');
    return { label, candidates, wanted: perClass ?? candidates.length };
  });
}

/**
 * The pool in an order that says nothing of classes: of another purpose than the order in which the other sets took
 * theirs, or the first images of the pool would come from the classes that were taken least.
 * With `perClass` (for small experiments on a source with labels) its images are chosen by hidden label.
 */
function drawPool(left: readonly SourceRecord[], seed: number, perClass: number | null): Draw {
  const chosen = perClass === null ? left : [...groupByLabel(left).values()].flatMap((records) => seededOrder(records, seed, 'split').slice(0, perClass));
  const candidates = seededOrder(chosen, seed, 'pool');
  return { label: null, candidates, wanted: candidates.length };
}

function groupByLabel(records: readonly SourceRecord[]): Map<string, SourceRecord[]> {
  const groups = new Map<string, SourceRecord[]>();
  for (const record of records) {
    const group = groups.get(record.label ?? '');
    if (group) group.push(record);
    else groups.set(record.label ?? '', [record]);
  }
  return groups;
}

function seededOrder(records: readonly SourceRecord[], seed: number, purpose: string): SourceRecord[] {
  const keyed = records.map((record) => ({ record, key: orderKey(seed, purpose, record.id) }));
  keyed.sort((a, b) => a.key - b.key || compareCodes(a.record.id, b.record.id));
  return keyed.map(({ record }) => record);
}

/** First 48 bits of SHA-256 of `seed|purpose|id`: a place in a shuffled order that each id has by itself. */
function orderKey(seed: number, purpose: string, id: string): number {
  return createHash('sha256').update(`${seed}|${purpose}|${id}`).digest().readUIntBE(0, 6);
}
