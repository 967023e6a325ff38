import type { Network } from './outline.js';
import type { Weights } from './weights.js';

/**
 * The tensors of the same network for inference, with every batch norm folded into the convolution before it: what is left of a
 * norm is its `bias`, which the convolution adds. One pass over each map less, and the same logits up to rounding.
 */
export function foldNorms({ tensors, epsilon }: Network, weights: Weights): Weights {
  const folded: Record<string, Float32Array> = {};
  for (const { name, kind, norm } of tensors) if (kind === 'weight' && norm === undefined) folded[name] = weights[name]!;
  for (const { name, norm } of tensors) {
    if (norm === undefined) continue;
    const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => weights[`${norm}.${part}`]!);
    const scale = Float64Array.from(gamma!, (value, c) => value / Math.sqrt(variance![c]! + epsilon));
    // The channels that leave are innermost in every layout.
    folded[name] = weights[name]!.map((value, i) => value * scale[i % scale.length]!);
    folded[`${norm}.bias`] = beta!.map((value, c) => value - mean![c]! * scale[c]!);
    delete folded[`${norm}.weight`];
  }
  return folded;
}
