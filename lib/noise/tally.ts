import { OPS, type OpName } from './ops.js';

/**
 * What noise was really drawn: counts only, so that tallies add up in any order to the same JSON (about 1 KB).
 * One is kept through a training, stands in its checkpoints, and becomes the report's `measuredNoise`.
 */
export interface NoiseTally {
  images: number;
  flipped: number;
  /** Cut from another place than the middle. */
  shifted: number;
  /** Came out with the bytes they went in with. */
  unchanged: number;
  ops: Record<OpName, OpTally>;
  /** Per residual block, in the order of the network: images drawn for, and those whose branch was dropped. */
  dropPath: { drawn: number[]; dropped: number[] };
  /** Features drawn for, and those dropped. */
  dropout: { drawn: number; dropped: number };
}

export interface OpTally {
  applied: number;
  /** Sum of the levels (0…10) in thousandths, each rounded, so that no order of adding changes it. 0 for operations without a level. */
  levelThousandths: number;
}

export function emptyTally(): NoiseTally {
  return {
    images: 0,
    flipped: 0,
    shifted: 0,
    unchanged: 0,
    ops: Object.fromEntries(OPS.map(({ name }) => [name, { applied: 0, levelThousandths: 0 }])) as Record<OpName, OpTally>,
    dropPath: { drawn: [], dropped: [] },
    dropout: { drawn: 0, dropped: 0 },
  };
}

/** The tally of both; neither is changed. */
export function mergeTallies(a: NoiseTally, b: NoiseTally): NoiseTally {
  return {
    images: a.images + b.images,
    flipped: a.flipped + b.flipped,
    shifted: a.shifted + b.shifted,
    unchanged: a.unchanged + b.unchanged,
    ops: Object.fromEntries(OPS.map(({ name }) => [name, mergeOps(a.ops[name], b.ops[name])])) as Record<OpName, OpTally>,
    dropPath: { drawn: addEach(a.dropPath.drawn, b.dropPath.drawn), dropped: addEach(a.dropPath.dropped, b.dropPath.dropped) },
    dropout: { drawn: a.dropout.drawn + b.dropout.drawn, dropped: a.dropout.dropped + b.dropout.dropped },
  };
}

/** Shares 0…1; null where nothing was drawn. */
export interface MeasuredNoise {
  readonly images: number;
  readonly flipShare: number | null;
  readonly shiftShare: number | null;
  readonly unchangedShare: number | null;
  /** Of each operation: how often per image, and the mean level (null: not applied, or it has none). */
  readonly ops: readonly { readonly name: OpName; readonly perImage: number; readonly meanLevel: number | null }[];
  /** Per block: the share of images that kept its branch. */
  readonly survival: readonly (number | null)[];
  readonly dropoutShare: number | null;
}

/** The tally as shares, for people. */
export function measuredNoise(tally: NoiseTally): MeasuredNoise {
  return {
    images: tally.images,
    flipShare: share(tally.flipped, tally.images),
    shiftShare: share(tally.shifted, tally.images),
    unchangedShare: share(tally.unchanged, tally.images),
    ops: OPS.map(({ name, plain }) => {
      const { applied, levelThousandths } = tally.ops[name];
      return { name, perImage: share(applied, tally.images) ?? 0, meanLevel: plain === null ? null : share(levelThousandths / 1_000, applied) };
    }),
    survival: tally.dropPath.drawn.map((drawn, block) => share(drawn - tally.dropPath.dropped[block]!, drawn)),
    dropoutShare: share(tally.dropout.dropped, tally.dropout.drawn),
  };
}

function mergeOps(a: OpTally, b: OpTally): OpTally {
  return { applied: a.applied + b.applied, levelThousandths: a.levelThousandths + b.levelThousandths };
}

function addEach(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
