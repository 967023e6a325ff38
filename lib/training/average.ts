import { tf } from '../tensor/runtime.js';
import type { Tensors } from './state.js';

/**
 * Decay of the moving average at the update that follows `step` (0-based): min(ema, (1 + t) / (10 + t)), which is
 * TensorFlow's ExponentialMovingAverage with `num_updates`. It begins at 0.1, so an early average forgets the
 * initial weights quickly. timm's default has no such warm-up; with ema 0 the average is the weights themselves.
 */
export function averageDecayAt(ema: number, step: number): number {
  return Math.min(ema, (1 + step) / (10 + step));
}

/**
 * average ← decay · average + (1 − decay) · current, tensor by tensor. `current` holds weights and batch-norm
 * statistics alike; `decay` is a scalar. Written with two products so that decay 0 gives `current` bit for bit.
 */
export function updateAverage(average: Tensors, current: Tensors, decay: tf.Scalar): Record<string, tf.Tensor> {
  const fresh = tf.sub(1, decay);
  return Object.fromEntries(Object.entries(average).map(([name, held]) => [name, tf.add(tf.mul(held, decay), tf.mul(current[name]!, fresh))]));
}
