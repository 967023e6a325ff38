import { runtimeFacts, tf } from '../tensor/runtime.js';

/**
 * [batch, height, width, channels] -> [batch, …], a lane of a few images at a time. A forward pass is one chain of operations, so
 * lanes are what keeps several cores busy; and an image's bits depend on its slot in a lane, not on how many whole lanes a batch has.
 */
export function inLanes<T extends tf.Tensor>(images: tf.Tensor4D, infer: (lane: tf.Tensor4D) => T): T {
  const [batch, height, width] = images.shape;
  const lane = laneOf(Math.sqrt(height * width), batch);
  if (batch <= lane) return infer(images);
  const lanes = Array.from({ length: Math.ceil(batch / lane) }, (_, i) =>
    infer(tf.slice(images, [i * lane, 0, 0, 0], [Math.min(lane, batch - i * lane), -1, -1, -1])),
  );
  return tf.concat(lanes, 0) as T;
}

/**
 * Images in a lane: a power of two, about 33,000 pixels; `size` is the side of a square image. A graphics card is kept busy by one
 * operation, so there it is `all`.
 */
export function laneOf(size: number, all: number): number {
  return runtimeFacts().gpu ? all : 2 ** Math.max(0, Math.round(Math.log2(LANE_PIXELS / size ** 2)));
}

const LANE_PIXELS = 2 ** 15;
