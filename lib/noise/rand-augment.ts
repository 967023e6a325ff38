import type { RandAugmentSpec } from '../spec/resolved.js';
import type { Image, Sampling } from './image.js';
import { OP_NAMES, OP_OF, type Mapping, type Op, type OpName } from './ops.js';
import type { Stream } from './random.js';
import type { NoiseTally } from './tally.js';

export interface RandAugmentInput {
  readonly spec: RandAugmentSpec;
  /** 0…255 per channel: what an operation that moves pixels puts outside the image. timm: 255 · mean. */
  readonly fill: readonly number[];
  readonly stream: Stream;
  readonly tally: NoiseTally;
  /** As large as the image, for what stands between two operations; made where it is needed and not given. */
  readonly spare?: Uint8Array;
}

/**
 * RandAugment in timm's dialect (1.0.29): `ops` operations are drawn with replacement from `transforms`, each is then
 * applied with `probability`. Writes `to`, as large as `image.pixels` and never the same memory.
 *
 * Unlike timm's, each drawn operation takes the same number of draws whether it is applied or not, so that two
 * probabilities or magnitudes give the same choice of operations. timm's `mmax` is always its default, 10.
 */
export function randAugment(image: Image, to: Uint8Array, { spec, fill, stream, tally, ...given }: RandAugmentInput): void {
  const applied: Drawn[] = [];
  for (let i = 0; i < spec.ops; i++) {
    const drawn = drawOp(spec, stream);
    if (drawn.isApplied) applied.push(drawn);
  }
  if (applied.length === 0) to.set(image.pixels);

  const spare = applied.length > 1 ? (given.spare ?? new Uint8Array(to.length)) : to;
  let from = image;
  for (const [i, { op, level, argument, interpolation }] of applied.entries()) {
    const target = (applied.length - i) % 2 === 1 ? to : spare; // The last one writes `to`.
    op.apply(from, target, argument, { interpolation, fill });
    from = { ...image, pixels: target };
    const count = tally.ops[op.name];
    count.applied++;
    if (op.plain !== null) count.levelThousandths += Math.round(1_000 * level);
  }
}

interface Drawn {
  readonly op: Op & { readonly name: OpName };
  readonly isApplied: boolean;
  readonly level: number;
  readonly argument: number;
  readonly interpolation: Sampling['interpolation'];
}

function drawOp(spec: RandAugmentSpec, stream: Stream): Drawn {
  const names = transformsOf(spec);
  const op = OP_OF[names[stream.integer(names.length)]!];
  const isApplied = stream.uniform() < spec.probability;
  const level = drawLevel(spec, stream);
  const sign = stream.sign();
  const interpolation = stream.sign() === 1 ? 'bicubic' : 'bilinear';
  return { op, isApplied, level, argument: mappingOf(op, spec)?.argument(level, sign) ?? 0, interpolation };
}

function drawLevel({ magnitude, spread }: RandAugmentSpec, stream: Stream): number {
  if (spread === 'none') return clampLevel(magnitude);
  if (spread === 'uniform') return clampLevel(magnitude * stream.uniform());
  return clampLevel(magnitude + spread * stream.normal());
}

/** What a spec does to images, for people. */
export interface RandAugmentTable {
  /** Operations applied to an image, on average. */
  readonly opsPerImage: number;
  /** Lowest and highest level; of a normal spread, two sigmas each way (95 % of the draws). */
  readonly levels: readonly [lowest: number, highest: number];
  /** `signed`: both directions are drawn, and the range spans both. An operation without a unit has nothing to set. */
  readonly ops: readonly {
    readonly name: OpName;
    readonly unit: string | null;
    readonly signed: boolean;
    readonly range: readonly [lowest: number, highest: number] | null;
  }[];
}

/** The arguments that each operation can get from the spec. */
export function describeRandAugment(spec: RandAugmentSpec): RandAugmentTable {
  const levels = levelRange(spec);
  return {
    opsPerImage: spec.ops * spec.probability,
    levels,
    ops: transformsOf(spec).map((name) => {
      const op = OP_OF[name];
      const mapping = mappingOf(op, spec);
      return { name: op.name, unit: mapping?.unit ?? null, signed: mapping?.signed ?? false, range: mapping && argumentRange(mapping, levels) };
    }),
  };
}

function levelRange({ magnitude, spread }: RandAugmentSpec): [number, number] {
  if (spread === 'none') return [clampLevel(magnitude), clampLevel(magnitude)];
  if (spread === 'uniform') return [0, clampLevel(magnitude)];
  return [clampLevel(magnitude - 2 * spread), clampLevel(magnitude + 2 * spread)];
}

/** Every mapping is monotone in the level, so the ends of the levels hold the ends of the arguments. */
function argumentRange({ argument, signed }: Mapping, levels: readonly number[]): [number, number] {
  const ends = levels.flatMap((level) => (signed ? [argument(level, -1), argument(level, 1)] : [argument(level, 1)]));
  return [Math.min(...ends), Math.max(...ends)];
}

/** The operations that a spec draws from, in timm's order. */
export function transformsOf({ transforms }: RandAugmentSpec): readonly OpName[] {
  return transforms === 'all' ? OP_NAMES : transforms;
}

function mappingOf(op: Op, spec: RandAugmentSpec): Mapping | null {
  return spec.increasing ? op.increasing : op.plain;
}

function clampLevel(level: number): number {
  return Math.min(10, Math.max(0, level));
}
