import { toFloat } from '../tensor/bytes.js';
import { tf } from '../tensor/runtime.js';

/** Images in 0…255, bytes or float32 → (x / 255 − mean) / std, per channel; any leading shape. */
export function normalise<T extends tf.Tensor>(images: T, mean: readonly number[], std: readonly number[]): T {
  return tf.tidy(() => tf.div<T>(tf.sub(tf.div(toFloat(images), 255), tf.tensor1d([...mean])), tf.tensor1d([...std])));
}
