import { CHUNK } from '../data/dataset.js';
import type { ImageSet } from '../data/image-set.js';
import { PipelineError } from '../errors.js';
import { tf } from '../tensor/runtime.js';
import type { DrawnBatch } from './batches.js';
import type { TrainInputs } from './inputs.js';
import { METRICS } from './step.js';

/** Ids that an error carries for each set: it travels in histories. */
const IDS_NAMED = 100;

/** Throws TRAINING_DIVERGED if a metric is NaN or infinite, with all that is needed to look into the batch. `step` counts from 1. */
export async function checkMetrics(
  values: ArrayLike<number>,
  { step, steps, rate, batch, inputs }: { step: number; steps: number; rate: number; batch: DrawnBatch; inputs: TrainInputs },
): Promise<void> {
  const wrong = METRICS.find((_, i) => !Number.isFinite(values[i]));
  if (wrong === undefined) return;
  // JSON has no word for NaN and infinity.
  const terms = Object.fromEntries(METRICS.map((name, i) => [name, Number.isFinite(values[i]) ? values[i] : String(values[i])]));
  const { labelled, pool } = inputs;
  throw new PipelineError(
    'TRAINING_DIVERGED',
    `step ${step} of ${steps}: ${wrong} is ${terms[wrong]}, at rate ${rate} · lower training.schedule.rate or warm up longer; the evidence names the batch's images`,
    {
      evidence: {
        step,
        rate,
        ...terms,
        labelledIds: await idsOf(labelled, batch.positions.labelled),
        ...(pool && { poolIds: await idsOf(pool, batch.positions.pool) }),
      },
    },
  );
}

/** Reads each chunk of ids once. */
async function idsOf(images: ImageSet, positions: readonly number[]): Promise<string[]> {
  const chunks = new Map<number, Promise<string[]>>();
  const named = positions.slice(0, IDS_NAMED).map(async (position) => {
    const chunk = Math.floor(position / CHUNK);
    const ids = chunks.get(chunk) ?? images.ids(chunk * CHUNK, Math.min((chunk + 1) * CHUNK, images.count));
    chunks.set(chunk, ids);
    return (await ids)[position % CHUNK]!;
  });
  return Promise.all(named);
}

/** Tensors that TF.js holds, of this process. */
export function tensorCount(): number {
  return tf.memory().numTensors;
}

/** Throws TENSOR_LEAK if a step left tensors behind: thousands of steps later it would be out of memory. */
export function checkTensorCount(before: number, step: number): void {
  const after = tensorCount();
  if (after === before) return;
  throw new PipelineError(
    'TENSOR_LEAK',
    `step ${step} began with ${before} tensors and ended with ${after} · this is a fault of the program: please report it`,
    {
      evidence: { step, before, after },
    },
  );
}
