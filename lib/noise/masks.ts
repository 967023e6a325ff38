import { uniforms, type RandomKey } from './random.js';
import type { NoiseTally } from './tally.js';

/**
 * Probability that each block's branch is kept: 1 − (1 − survival) · i / N for block i of N, counted over all blocks
 * (the linear depth rule as in timm and Google's EfficientNet: the first is never dropped, the last is kept a
 * little more often than `survival`). A block without a skip has nothing to fall back on and is always kept.
 */
export function survivalByDepth(survival: number, blocks: readonly { readonly skip: boolean }[]): number[] {
  return blocks.map(({ skip }, i) => (skip ? 1 - ((1 - survival) * i) / blocks.length : 1));
}

/**
 * Stochastic depth of step `step` for `n` images: float32 [blocks, n] of 0 (dropped) or 1 / keep, so that the mean stays
 * 1. `keep` holds each block's probability. The step is all that a resume needs.
 */
export function dropPathMask(key: RandomKey, step: number, keep: readonly number[], n: number, tally?: NoiseTally): Float32Array {
  const mask = uniforms(key, step, keep.length * n);
  for (const [block, probability] of keep.entries()) {
    const dropped = keepOrDrop(mask.subarray(block * n, (block + 1) * n), probability);
    if (tally) {
      tally.dropPath.drawn[block] = (tally.dropPath.drawn[block] ?? 0) + n;
      tally.dropPath.dropped[block] = (tally.dropPath.dropped[block] ?? 0) + dropped;
    }
  }
  return mask;
}

/** Dropout of step `step`: float32 [n, features] of 0 (with probability `rate`) or 1 / (1 − rate). */
export function dropoutMask(key: RandomKey, step: number, n: number, features: number, rate: number, tally?: NoiseTally): Float32Array {
  const mask = uniforms(key, step, n * features);
  const dropped = keepOrDrop(mask, 1 - rate);
  if (tally) {
    tally.dropout.drawn += mask.length;
    tally.dropout.dropped += dropped;
  }
  return mask;
}

/** Uniform draws → 0 or 1 / keep, in place; how many became 0. */
function keepOrDrop(draws: Float32Array, keep: number): number {
  let dropped = 0;
  for (let i = 0; i < draws.length; i++) {
    if (draws[i]! < keep) draws[i] = 1 / keep;
    else {
      draws[i] = 0;
      dropped++;
    }
  }
  return dropped;
}
