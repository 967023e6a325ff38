import { setImmediate } from 'node:timers/promises';
import type { JobHooks, JobOutcome } from '../device/hooks.js';
import type { Progress, TrainJob } from '../device/messages.js';
import { emptyTally, mergeTallies } from '../noise/tally.js';
import { averageDecayAt } from './average.js';
import { newestCheckpoint, removeUnfinished } from './checkpoint.js';
import { openCheckpointer, type Checkpointer } from './checkpointer.js';
import { checkMetrics, checkTensorCount, tensorCount } from './checks.js';
import { trainedOf } from './frozen.js';
import { initialNumbers } from './initial.js';
import { openInputs, type TrainInputs } from './inputs.js';
import { openLoader, type Loader } from './loader.js';
import { addMetrics, NO_METRICS } from './metrics.js';
import { writeOutputs } from './outputs.js';
import type { RunProgress } from './progress.js';
import { startSteps, type RunningStep } from './running-step.js';
import { rateAt } from './schedule.js';
import { disposeState, restoreState, stateFrom, zeros, type Tensors, type TrainState } from './state.js';
import { openThreads } from './threads.js';
import { currentVersions, versionWarning, type HostFacts, type Versions } from './versions.js';

/**
 * Trains one model into `job.output`, from its newest checkpoint if there is one. Where and how often it was stopped
 * changes no byte of the output.
 *
 * Asked to stop, it writes a checkpoint after the step at hand. Throws TRAINING_DIVERGED, TENSOR_LEAK,
 * CHECKPOINT_MISMATCH, DISK_FULL, and what opening its inputs and the weights it starts from throws.
 */
export async function train(job: TrainJob, hooks: JobHooks, facts: HostFacts): Promise<JobOutcome> {
  const inputs = await openInputs(job);
  const threads = openThreads(job, facts.loaderThreads);
  const warn = (message: string): void => hooks.warn(message);
  const loader = openLoader(inputs, threads, { steps: job.generation.training.steps, aheadBytes: AHEAD_BYTES, warn });
  let running: RunningStep | undefined;
  let checkpoints: Checkpointer | undefined;
  try {
    // 1. Resume.
    const { state, progress } = await resume(job, inputs, currentVersions(facts), hooks);
    checkpoints = openCheckpointer(job.checkpoints, threads, { saved: progress.step, warn, now: hooks.now });
    running = startSteps({ ...inputs.plan, microBatches: progress.microBatches ?? 1 }, state, { scratch: job.output, eager: facts.eager });
    return await runSteps(job, { inputs, loader, running, checkpoints }, progress, hooks);
  } finally {
    running?.dispose();
    loader.close();
    await checkpoints?.finish().catch(() => undefined); // after an error, which is the one to report
    await threads?.close();
    await inputs.close();
  }
}

/** Drawn steps that wait: room for two of 128 images of 224 pixels. */
const AHEAD_BYTES = 64 * 2 ** 20;

/** What a training is made of. */
interface Parts {
  readonly inputs: TrainInputs;
  readonly loader: Loader;
  readonly running: RunningStep;
  readonly checkpoints: Checkpointer;
}

async function runSteps(job: TrainJob, parts: Parts, resumed: RunProgress, hooks: JobHooks): Promise<JobOutcome> {
  const { inputs, loader, running, checkpoints } = parts;
  const { training } = job.generation;
  let progress = resumed;
  let tensors: number | undefined;
  const first = progress.step;
  const began = hooks.now();

  while (progress.step < training.steps && !hooks.shouldStop()) {
    const start = hooks.now();
    const step = progress.step;

    // 2. Rate, batch and masks: functions of the seed and the step alone. The noise drawn is counted.
    const rate = rateAt(training.schedule, step, training.steps);
    const { batch, masks, noise } = await loader.draw(step);
    const drawn = hooks.now();

    // 3. Step.
    const scalars = { rate, averageDecay: averageDecayAt(training.ema, step), ...inputs.plan.optimiser.scalarsAt(step) };
    const metrics = running.take(batch, masks, scalars);

    // 4. Checks.
    await checkMetrics(metrics, { step: step + 1, steps: training.steps, rate, batch, inputs });
    tensors ??= tensorCount(); // the first step makes the graph
    checkTensorCount(tensors, step + 1);

    // 5. Log.
    const at = { step: step + 1, steps: training.steps, logEvery: training.logEvery, rate, hasPseudo: inputs.pool !== null };
    const { timing } = progress;
    progress = {
      ...progress,
      step: step + 1,
      noise: mergeTallies(progress.noise, noise),
      metrics: addMetrics(progress.metrics, metrics, at),
      timing: { ...timing, total: timing.total + hooks.now() - start, data: timing.data + drawn - start },
    };

    // 6. Checkpoint: at its interval, and at the end, so that a publication that fails costs no training.
    if (progress.step % training.checkpointEvery === 0 || progress.step === training.steps) {
      progress = await checkpoint(parts, progress, hooks, { isLast: progress.step === training.steps });
    }
    checkpoints.check();
    hooks.onProgress({
      ...progressOf(job, progress, checkpoints.saved),
      ...costOf(checkpoints),
      loss: metrics[0]!,
      imagesPerSecond: Math.round(((progress.step - first) * inputs.images * 1000) / (hooks.now() - began)),
    });
    await setImmediate(); // a request to stop is read here
  }

  if (progress.step < training.steps) {
    if (progress.step > first && progress.step % training.checkpointEvery !== 0) progress = await checkpoint(parts, progress, hooks, { isLast: true });
    await checkpoints.finish(); // one of the interval may be under way
    return { type: 'stopped', progress: progressOf(job, progress, progress.step) };
  }
  const { dataset } = inputs.labelled;
  const state = running.copyState();
  const result = await writeOutputs(job.output, { generation: job.generation, dataset, plan: inputs.plan, state, progress, batch: inputs.images });
  disposeState(state);
  return {
    type: 'done',
    meta: {
      ...measured(progress, inputs),
      versions: progress.versions,
      weightsSha256: result.weightsSha256,
      resumedAt: first,
      ...partsOf(progress),
      ...costOf(checkpoints),
    },
  };
}

/** The newest checkpoint that verifies, or the weights to start from, or a fresh network. */
async function resume(job: TrainJob, { plan }: TrainInputs, versions: Versions, hooks: JobHooks): Promise<{ state: TrainState; progress: RunProgress }> {
  await removeUnfinished(job.checkpoints);
  const warn = (message: string): void => hooks.warn(message);
  const found = await newestCheckpoint(job.checkpoints, warn);
  const { network, optimiser, frozen } = plan;
  const initialSlots = (weights: Tensors): Tensors => optimiser.initialSlots(trainedOf(weights, frozen));
  if (!found) {
    const numbers = await initialNumbers(network, { seed: job.seed, generation: job.generation.index, folder: job.initial, frozen, warn });
    const fresh = stateFrom(numbers, network, initialSlots);
    const timing = { total: 0, data: 0, checkpoints: 0 };
    return { state: fresh, progress: { step: 0, metrics: NO_METRICS, noise: emptyTally(), timing, ...partsOf(job), versions } };
  }
  const warning = versionWarning(found.progress.versions, versions);
  if (warning) hooks.warn(`${found.path}: ${warning}`);
  const parts = Math.max(job.microBatches ?? 1, found.progress.microBatches ?? 1);
  if (parts !== (found.progress.microBatches ?? 1)) hooks.warn(`${found.path}: memory ran out, so batches are computed in ${parts} parts from here on`);
  const like = stateFrom(zeros(network), network, initialSlots);
  return { state: restoreState(found.tensors, like, found.path), progress: { ...found.progress, ...partsOf({ microBatches: parts }), versions } };
}

/** Counted is what the training waits for: the copy, the checkpoint before if it is still under way, and the whole of the last one. */
async function checkpoint(
  { running, checkpoints }: Parts,
  progress: RunProgress,
  { now, collectGarbage, licence }: JobHooks,
  { isLast }: { isLast: boolean },
): Promise<RunProgress> {
  const start = now();
  await checkpoints.finish(); // the one before, if it is still under way
  await licence();
  const state = running.copyState();
  await checkpoints.save(state, progress);
  disposeState(state);
  collectGarbage(); // the numbers that were read are the state's own memory: while JavaScript holds them, the next steps change copies
  if (isLast) await checkpoints.finish();
  const spent = now() - start;
  const { timing } = progress;
  return { ...progress, timing: { ...timing, total: timing.total + spent, checkpoints: timing.checkpoints + spent } };
}

function progressOf({ generation: { training } }: TrainJob, progress: RunProgress, saved: number): Progress {
  return { step: progress.step, of: training.steps, ...(saved > 0 && { checkpoint: saved }), ...partsOf(progress) };
}

/** In megabytes and seconds, for people. */
function costOf({ cost }: Checkpointer): { checkpointMegabytes?: number; checkpointSeconds?: number } {
  if (!cost) return {};
  return { checkpointMegabytes: Math.ceil(cost.bytes / 1e5) / 10, checkpointSeconds: Math.round(cost.ms) / 1000 };
}

/** Said only where there are several. */
function partsOf({ microBatches = 1 }: { readonly microBatches?: number | undefined }): { microBatches?: number } {
  return microBatches > 1 ? { microBatches } : {};
}

/** What may differ from run to run of the same training, over all attempts. */
function measured({ step, timing }: RunProgress, { images }: TrainInputs) {
  const share = (part: number) => (timing.total === 0 ? 0 : part / timing.total);
  return {
    seconds: timing.total / 1000,
    imagesPerSecond: timing.total === 0 ? 0 : (step * images * 1000) / timing.total,
    dataShare: share(timing.data),
    checkpointShare: share(timing.checkpoints),
  };
}
