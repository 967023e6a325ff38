import { PipelineError, quoted } from '../errors.js';
import { spatialMean } from '../tensor/fused.js';
import { tf } from '../tensor/runtime.js';

/** How the last map becomes one row of an image. `width`: how many numbers each channel gives. */
interface Pooling {
  readonly width: 1 | 2;
  /** [n, h, w, c] -> [n, c * width]; the pool '' alone leaves the map as it is. */
  readonly pool: (map: tf.Tensor4D) => tf.Tensor;
}

/** timm's pools, by timm's names. */
export const POOLS = {
  avg: { width: 1, pool: average },
  max: { width: 1, pool: maximum },
  avgmax: { width: 1, pool: (map) => tf.mul(tf.add(average(map), maximum(map)), 0.5) },
  catavgmax: { width: 2, pool: (map) => tf.concat([average(map), maximum(map)], 1) },
  '': { width: 1, pool: (map) => tf.clone(map) },
} as const satisfies Record<string, Pooling>;

export type Pool = keyof typeof POOLS;

/**
 * A pool by timm's name. timm's 'fast…' names compute the same by another way of PyTorch's; here they are other words for the
 * same pool. Throws MODEL_INVALID.
 */
export function parsePool(name: string): Pool {
  const plain = name === 'fast' ? 'avg' : String(name).replace(/^fast(?=.)/, ''); // from JavaScript it may be no text
  if (Object.hasOwn(POOLS, plain)) return plain as Pool;
  const allowed = Object.keys(POOLS).map((pool) => `'${pool}'`);
  throw new PipelineError(
    'MODEL_INVALID',
    `no pool is named ${quoted(name)}; allowed are ${allowed.join(', ')} (which leaves the map as it is), and timm's 'fast…' of them.`,
  );
}

function average(map: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(spatialMean(map), [map.shape[0], map.shape[3]]);
}

function maximum(map: tf.Tensor4D): tf.Tensor2D {
  return tf.max<tf.Tensor2D>(map, [1, 2]);
}
