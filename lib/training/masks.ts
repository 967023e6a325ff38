import type { Network } from '../models/variants.js';
import { dropoutMask, dropPathMask, survivalByDepth } from '../noise/masks.js';
import { randomKey, type RandomKey } from '../noise/random.js';
import type { NoiseTally } from '../noise/tally.js';
import type { NoiseSpec } from '../spec/resolved.js';

/** Masks of one step, as arrays; see `Masks` in `step.ts` for the shapes. */
export interface DrawnMasks {
  readonly dropPath: Float32Array | null;
  readonly dropout: Float32Array | null;
}

/** The noise inside the network: what is dropped in step `step`, counted in `tally`. */
export type DrawMasks = (step: number, tally: NoiseTally) => DrawnMasks;

/** Draws for `n` images a step. What is off is null: the step then does not even multiply. */
export function maskDrawer({ blocks, features }: Network, { dropout, survival }: NoiseSpec, n: number, of: { seed: number; generation: number }): DrawMasks {
  const key = (purpose: string): RandomKey => randomKey({ ...of, phase: 'train', purpose });
  const [dropPathKey, dropoutKey] = [key('drop path'), key('dropout')];
  const keep = survivalByDepth(survival, blocks);
  const drops = keep.some((probability) => probability < 1);
  return (step, tally) => ({
    dropPath: drops ? dropPathMask(dropPathKey, step, keep, n, tally) : null,
    dropout: dropout > 0 ? dropoutMask(dropoutKey, step, n, features, dropout, tally) : null,
  });
}
