import type { ImageSet } from '../data/image-set.js';
import type { Selection } from '../labels/selection-file.js';
import { augmentImage } from '../noise/augment.js';
import { fillColour } from '../noise/image.js';
import { permutation, randomKey, stream, type RandomKey } from '../noise/random.js';
import type { NoiseTally } from '../noise/tally.js';
import type { NoiseSpec } from '../spec/resolved.js';
import { labelTargets } from './loss.js';

/** A joint batch as arrays; see `Batch` in `step.ts` for the shapes. */
export interface DrawnBatch {
  /** [n, size, size, channels]. */
  readonly shape: readonly [n: number, height: number, width: number, channels: number];
  readonly images: Uint8Array;
  readonly targets: Float32Array;
  /** The images by the set they come from, in the order of the batch. */
  readonly positions: Readonly<Record<'labelled' | 'pool', readonly number[]>>;
}

/**
 * The batch of step `step`, noise applied and counted in `tally`: a pure function of the seed and the step, so a resumed
 * training needs no position in the data.
 */
export type DrawBatch = (step: number, tally: NoiseTally) => Promise<DrawnBatch>;

/** Rows of which every step takes `count`, in passes that are shuffled anew each time. */
interface Part {
  readonly set: 'labelled' | 'pool';
  readonly images: ImageSet;
  /** Rows per step. */
  readonly count: number;
  /** Position of each row in its set; an image with copies has several rows. */
  readonly positions: Uint32Array;
  /** float32 [classes] of a row. */
  target(row: number): Float32Array;
}

export interface BatchInputs {
  readonly seed: number;
  readonly generation: number;
  readonly noise: NoiseSpec;
  readonly labelled: ImageSet;
  readonly labelledCount: number;
  readonly labelSmoothing: number;
  /** null = labelled images alone. */
  readonly pseudo: { readonly pool: ImageSet; readonly selection: Selection; readonly count: number } | null;
}

export function batchDrawer(inputs: BatchInputs): DrawBatch {
  const { dataset } = inputs.labelled;
  const { size, channels } = dataset.image;
  const [pixels, classes] = [size * size * channels, dataset.classes.length];
  const fill = fillColour(dataset.mean);
  const scratch = new Uint8Array(2 * pixels);
  const parts = partsOf(inputs).map((part) => ({ ...part, pick: picker(part, inputs), noiseKey: keyOf(inputs, `${part.set} noise`) }));
  const n = parts.reduce((sum, { count }) => sum + count, 0);

  return async (step, tally) => {
    const images = new Uint8Array(n * pixels);
    const targets = new Float32Array(n * classes);
    const positions = { labelled: [] as number[], pool: [] as number[] };
    let i = 0;
    for (const { set, images: source, target, positions: positionOf, pick, noiseKey } of parts) {
      const picked = pick(step);
      positions[set] = picked.map(({ row }) => positionOf[row]!);
      const clean = await source.read(positions[set]); // uint8 [count, size, size, channels]
      for (const [k, { epoch, row }] of picked.entries()) {
        const image = clean.subarray(k * pixels, (k + 1) * pixels);
        augmentImage({
          image,
          size,
          channels,
          noise: inputs.noise,
          fill,
          stream: stream(noiseKey, epoch, row),
          tally,
          to: images.subarray(i * pixels, (i + 1) * pixels),
          scratch,
        });
        targets.set(target(row), i * classes);
        i++;
      }
    }
    return { shape: [n, size, size, channels], images, targets, positions };
  };
}

function partsOf({ labelled, labelledCount, labelSmoothing, pseudo }: BatchInputs): Part[] {
  const classes = labelled.dataset.classes.length;
  const labels = labelled.labels();
  const all: Part[] = [
    {
      set: 'labelled',
      images: labelled,
      count: labelledCount,
      positions: range(labels.length),
      target: (row) => labelTargets([labels[row]!], classes, labelSmoothing),
    },
  ];
  if (pseudo && pseudo.count > 0) {
    const entries = expandCopies(pseudo.selection.copies); // row → entry of the selection
    const positions = entries.map((entry) => pseudo.selection.positions[entry]!);
    const target = (row: number) => pseudo.selection.targets.subarray(entries[row]! * classes, (entries[row]! + 1) * classes);
    all.push({ set: 'pool', images: pseudo.pool, count: pseudo.count, positions, target });
  }
  return all;
}

/** Draw d of a part is row `order(epoch)[d mod rows]` of epoch d div rows: an epoch may end within a batch. */
function picker({ set, count, positions }: Part, inputs: BatchInputs): (step: number) => { epoch: number; row: number }[] {
  const key = keyOf(inputs, `${set} order`);
  const rows = positions.length;
  let shuffled: { epoch: number; order: Uint32Array } | undefined; // the newest: a pass over a large pool is costly to shuffle
  return (step) =>
    Array.from({ length: count }, (_, i) => {
      const draw = step * count + i;
      const epoch = Math.floor(draw / rows);
      if (shuffled?.epoch !== epoch) shuffled = { epoch, order: permutation(key, epoch, rows) };
      return { epoch, row: shuffled.order[draw % rows]! };
    });
}

/** [2, 1, 3] → [0, 0, 1, 2, 2, 2]. */
export function expandCopies(copies: Uint32Array): Uint32Array {
  const rows = new Uint32Array(copies.reduce((sum, times) => sum + times, 0));
  let row = 0;
  for (const [entry, times] of copies.entries()) {
    rows.fill(entry, row, row + times);
    row += times;
  }
  return rows;
}

function keyOf({ seed, generation }: BatchInputs, purpose: string): RandomKey {
  return randomKey({ seed, generation, phase: 'train', purpose });
}

function range(n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => i);
}
