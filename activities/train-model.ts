import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Progress, TrainJob } from '../lib/device/messages.js';
import type { Device } from '../lib/device/process.js';
import { PipelineError } from '../lib/errors.js';
import type { GenerationSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef, Manifest } from '../lib/store/store.js';
import { microBatches, pseudoRows } from '../lib/training/batch-size.js';
import { attempt } from './attempt.js';
import { trainKey } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

export interface TrainInput {
  readonly seed: number;
  readonly generation: GenerationSpec;
  readonly dataset: ArtifactRef;
  /** Null for teacher and baseline. */
  readonly selection: ArtifactRef | null;
  /** The model whose weights it starts from; absent = a fresh network. */
  readonly initial?: ArtifactRef;
}

export interface TrainResult extends PhaseResult {
  /** Trainable numbers of the model. */
  readonly parameters: number;
  /** SHA-256 of the weights file. */
  readonly weights: string;
}

export interface DeviceDeps extends PublishDeps {
  readonly device: Pick<Device, 'run'>;
}

/**
 * Trains one model. An unfinished training resumes from its newest checkpoint that verifies, also in another
 * attempt or run: the checkpoints belong to the key.
 */
export const trainModel =
  ({ store, clock, device }: DeviceDeps) =>
  async ({ seed, generation, dataset, selection, initial }: TrainInput): Promise<TrainResult> =>
    attempt('train', async (current) => {
      const key = trainKey(seed, generation, { dataset: dataset.digest, selection: selection?.digest ?? null, initial: initial?.digest });
      const { manifest, ...result } = await publishOnce(current, { store, clock }, { phase: 'train', key }, async ({ output, signal, check }) => {
        const job = {
          kind: 'train',
          seed,
          generation,
          dataset: await store.open(dataset),
          selection: selection && (await store.open(selection)),
          ...(initial && { initial: await store.open(initial) }),
          checkpoints: await store.checkpoints(key),
          output,
        } as const;
        const sharing = sharingOf(() => check().then(() => store.shareCheckpoints(key)));
        const onProgress = (progress: Progress): void => {
          current.report({ generation: generation.index, ...progress });
          sharing.start();
        };
        const { meta } = await withLessMemory(job, (smaller, seen) =>
          device.run(smaller, {
            signal,
            onProgress(progress) {
              seen(progress);
              onProgress(progress);
            },
          }),
        ).finally(() => sharing.finish());
        return meta;
      });
      return { ...result, parameters: await parametersOf(await store.open(result.artifact)), weights: weightsOf(manifest) };
    });

/**
 * A batch that memory does not hold is computed in parts, in more and more of them, down to a labelled image each: the effective batch stays what it
 * is. The checkpoints say how many, so that it is found out once.
 */
async function withLessMemory<Result>(job: TrainJob, run: (job: TrainJob, seen: (progress: Progress) => void) => Promise<Result>): Promise<Result> {
  const { training } = job.generation;
  const pseudo = job.selection === null ? 0 : pseudoRows(training);
  for (let parts = 1; ;) {
    try {
      return await run(parts === 1 ? job : { ...job, microBatches: parts }, ({ microBatches: used = 1 }) => (parts = Math.max(parts, used)));
    } catch (error) {
      const more = error instanceof PipelineError && error.code === 'OUT_OF_MEMORY' ? microBatches(training.batch, pseudo, 2 * parts) : undefined;
      if (more === undefined) throw error;
      parts = more;
    }
  }
}

/**
 * Shares checkpoints one after the other beside a training, which goes on when the store is away: then a later one is shared, or none, and
 * another machine has to do again what was done since. The last one is shared however the training ends, by a pause for example.
 */
function sharingOf(share: () => Promise<void>): { start(): void; finish(): Promise<void> } {
  let underWay: Promise<void> | undefined;
  const start = (): void => {
    underWay ??= share()
      .catch(() => undefined)
      .finally(() => (underWay = undefined));
  };
  return {
    start,
    async finish() {
      const last = (underWay ?? Promise.resolve()).then(share).catch(() => undefined);
      await Promise.race([last, delay(LAST_SHARE_MS, undefined, { ref: false })]); // a pause or a shutdown does not wait for a store that is away
    },
  };
}

const LAST_SHARE_MS = 60_000;

async function parametersOf(folder: string): Promise<number> {
  const { parameters } = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as { parameters: number };
  return parameters;
}

function weightsOf({ files }: Manifest): string {
  const file = files.find(({ path }) => path === 'model.safetensors');
  if (file === undefined) throw new Error('a trained model was published without its weights');
  return file.sha256;
}
