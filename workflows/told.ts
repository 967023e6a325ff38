import type { GenerationStatus, Omitted, PhaseOutcome } from './messages.js';

/** What a run tells of what is through. It travels from execution to execution beside the results, and is as bounded: of many, the newest. */
export interface Told {
  readonly generations: readonly GenerationStatus[];
  readonly baseline: GenerationStatus | null;
  readonly phases: readonly PhaseOutcome[];
  /** Absent where everything is told. */
  readonly omitted?: Omitted;
  /** Top-1 of the best generation on the test images, told or omitted; null while none is known. */
  readonly best: number | null;
  /** How the pipeline was changed under way, newest last, a line each. */
  readonly revisions?: readonly string[];
}

export const NOTHING_TOLD: Told = { generations: [], baseline: null, phases: [], best: null };

/** Bytes of JSON. A payload stays below 10 KB, and a status says a little more. */
const MOST_BYTES = { models: 5_000, all: 7_800, revisions: 1_500 };

/** The same with a model or phases more. */
export function tell(told: Told, more: { generation?: GenerationStatus; baseline?: GenerationStatus; phases: readonly PhaseOutcome[] }): Told {
  const baseline = more.baseline ?? told.baseline;
  const all = { generations: more.generation ? withRow(told.generations, more.generation) : told.generations, phases: withOutcomes(told.phases, more.phases) };
  const generations = newest(all.generations, MOST_BYTES.models - (baseline ? bytesOf(baseline) : 0));
  const phases = newest(all.phases, MOST_BYTES.all - bytesOf([generations, baseline]));
  const omitted = omit(told.omitted, all.generations.length - generations.length, all.phases.slice(0, all.phases.length - phases.length));
  const best = highest([told.best, more.generation?.test.top1]);
  return { ...told, generations, baseline, phases, ...(omitted && { omitted }), best };
}

export function tellRevision(told: Told, revision: string): Told {
  return { ...told, revisions: newest([...(told.revisions ?? []), revision], MOST_BYTES.revisions) };
}

/** Top-1 of the best model on the test images; null while none is known. */
export function bestOf({ best, generations, baseline }: Told): number | null {
  return highest([best, ...generations.map(({ test }) => test.top1), baseline?.test.top1]);
}

/** What is still true when a run starts over: its models are told again, and so are phases that nobody could tell from those omitted. */
export function untell({ phases, omitted, revisions }: Told): Told {
  return { ...NOTHING_TOLD, phases: omitted ? [] : phases, ...(revisions && { revisions }) };
}

/** A model that a run comes to again stands where it stood. */
function withRow(rows: readonly GenerationStatus[], row: GenerationStatus): readonly GenerationStatus[] {
  const place = rows.findIndex(({ generation }) => generation === row.generation);
  return place === -1 ? [...rows, row] : rows.with(place, row);
}

/** A phase that was computed and is found again after a pause was still computed in this run: the first outcome stands. */
function withOutcomes(known: readonly PhaseOutcome[], more: readonly PhaseOutcome[]): readonly PhaseOutcome[] {
  const isKnown = (outcome: PhaseOutcome) =>
    known.some(({ phase, generation, role }) => phase === outcome.phase && generation === outcome.generation && role === outcome.role);
  return [...known, ...more.filter((outcome) => !isKnown(outcome))];
}

/** As many of the last as fit. */
function newest<Item>(items: readonly Item[], mostBytes: number): readonly Item[] {
  let bytes = 0;
  let first = items.length;
  for (; first > 0; first--) {
    bytes += bytesOf(items[first - 1]) + 1;
    if (bytes > mostBytes) break;
  }
  return items.slice(first);
}

function omit(before: Omitted = { generations: 0, phases: 0, reused: 0 }, generations: number, phases: readonly PhaseOutcome[]): Omitted | undefined {
  const omitted = {
    generations: before.generations + generations,
    phases: before.phases + phases.length,
    reused: before.reused + phases.filter(({ reused }) => reused).length,
  };
  return omitted.generations + omitted.phases === 0 ? undefined : omitted;
}

function highest(tops: readonly (number | null | undefined)[]): number | null {
  const known = tops.filter((top1) => top1 != null);
  return known.length === 0 ? null : Math.max(...known);
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
