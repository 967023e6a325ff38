import { bytesTensor } from '../tensor/bytes.js';
import { compilePureStep, type CompileOptions } from '../tensor/compile.js';
import { tf } from '../tensor/runtime.js';
import type { DrawnBatch } from './batches.js';
import type { DrawnMasks } from './masks.js';
import { disposeState, nameTensors, stateOf, type TrainState } from './state.js';
import { trainStep, type StepPlan } from './step.js';

/** A training's step with its state, which lives on the device between the steps. */
export interface RunningStep {
  /** Runs one step on arrays. Returns its metrics, in the order of METRICS: the step's one read from the device. Leaves no tensor behind. */
  take(drawn: DrawnBatch, masks: DrawnMasks, scalars: Readonly<Record<string, number>>): Float32Array;
  /** A copy of the state; the caller owns it. */
  copyState(): TrainState;
  dispose(): void;
}

/** Takes over `initial` and disposes it. Its first step records the graph: about a second for a small network, five for EfficientNet-B0. */
export function startSteps(plan: StepPlan, initial: TrainState, options: CompileOptions): RunningStep {
  const compiled = compilePureStep(
    (state, { images, targets, dropPath = null, dropout = null, ...scalars }) => {
      const batch = { images: images as tf.Tensor4D, targets: targets as tf.Tensor2D };
      const masks = { dropPath: dropPath as tf.Tensor2D | null, dropout: dropout as tf.Tensor2D | null };
      const next = trainStep(plan, stateOf(state), batch, masks, scalars as Record<string, tf.Scalar>);
      return { state: nameTensors(next.state), outputs: { metrics: next.metrics } };
    },
    nameTensors(initial),
    options,
  );
  disposeState(initial);
  return {
    take(drawn, masks, scalars) {
      const inputs = tensorsOf(plan, drawn, masks, scalars);
      const { metrics } = compiled.run(inputs);
      const values = metrics!.dataSync<'float32'>().slice();
      tf.dispose([metrics!, ...Object.values(inputs)]);
      return values;
    },
    copyState: () => stateOf(compiled.readState()),
    dispose: () => compiled.dispose(),
  };
}

function tensorsOf({ network: { blocks, features, classes } }: StepPlan, drawn: DrawnBatch, masks: DrawnMasks, scalars: Readonly<Record<string, number>>) {
  const [n] = drawn.shape;
  return {
    images: bytesTensor(drawn.images, drawn.shape),
    targets: tf.tensor2d(drawn.targets, [n, classes]),
    ...(masks.dropPath && { dropPath: tf.tensor2d(masks.dropPath, [blocks.length, n]) }),
    ...(masks.dropout && { dropout: tf.tensor2d(masks.dropout, [n, features]) }),
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)])),
  };
}
