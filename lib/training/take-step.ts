import { tf } from '../tensor/runtime.js';
import type { DrawnBatch } from './batches.js';
import type { DrawnMasks } from './masks.js';
import { disposeState, type TrainState } from './state.js';
import { trainStep, type StepPlan } from './step.js';

/**
 * Runs one step on arrays. Takes over `state` and disposes it; the caller owns the one that comes back, and nothing else is
 * left. `metrics`, in the order of METRICS, is the step's one read from the device.
 */
export function takeStep(
  plan: StepPlan,
  state: TrainState,
  drawn: DrawnBatch,
  masks: DrawnMasks,
  scalars: Readonly<Record<string, number>>,
): { state: TrainState; metrics: Float32Array } {
  const { blocks, features, classes } = plan.network;
  const [n] = drawn.shape;
  const batch = { images: tf.tensor4d(drawn.images, [...drawn.shape]), targets: tf.tensor2d(drawn.targets, [n, classes]) };
  const dropPath = masks.dropPath && tf.tensor2d(masks.dropPath, [blocks.length, n]);
  const dropout = masks.dropout && tf.tensor2d(masks.dropout, [n, features]);
  const inputs = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]));

  const next = trainStep(plan, state, batch, { dropPath, dropout }, inputs);
  const metrics = next.metrics.dataSync<'float32'>().slice();
  tf.dispose([next.metrics, batch.images, batch.targets, ...Object.values(inputs)]);
  dropPath?.dispose();
  dropout?.dispose();
  disposeState(state);
  return { state: next.state, metrics };
}
