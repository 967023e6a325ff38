import { saveCheckpoint, type Checkpoint } from './checkpoint.js';
import type { RunProgress } from './progress.js';
import { storedTensors, type TrainState } from './state.js';
import type { Threads } from './threads.js';

export interface CheckpointCost {
  readonly bytes: number;
  readonly ms: number;
}

/** Saves a training's checkpoints, one after the other, while the training goes on. */
export interface Checkpointer {
  /** Step of the newest checkpoint that is on the disk; 0 before the first. */
  readonly saved: number;
  /** Of the newest that this process wrote: bytes, and milliseconds until it was on the disk; undefined before the first. */
  readonly cost: CheckpointCost | undefined;
  /** Returns when the state is copied, the rest is done beside the steps. Throws what went wrong with the checkpoint before. */
  save(state: TrainState, progress: RunProgress): Promise<void>;
  /** Throws what went wrong, as soon as it is known. */
  check(): void;
  /** All is on the disk when it returns. Throws what went wrong. */
  finish(): Promise<void>;
}

/**
 * Under `folder`, by a thread, or at once without threads. What a thread could not save is saved here, which either works or throws the
 * true error. Throws DISK_FULL. `saved` is the step at which the training begins.
 */
export function openCheckpointer(
  folder: string,
  threads: Pick<Threads, 'save'> | null,
  { saved, warn, now }: { readonly saved: number; warn(message: string): void; now(): number },
): Checkpointer {
  let [newest, failure] = [saved, undefined as { readonly error: unknown } | undefined];
  let cost: CheckpointCost | undefined;
  let underWay = Promise.resolve();
  let shared: SharedArrayBuffer | undefined; // one for all checkpoints: a thread may hold on to what it was given
  const saveBy = (threads: Pick<Threads, 'save'>, checkpoint: Checkpoint): Promise<number> =>
    threads.save(checkpoint).catch((error: unknown) => {
      warn(`a thread could not save the checkpoint of step ${checkpoint.progress.step}, which is saved without it: ${String(error)}`);
      return saveCheckpoint(folder, checkpoint);
    });
  const measured = async (step: number, save: () => Promise<number>): Promise<void> => {
    const began = now();
    const bytes = await save();
    [newest, cost] = [step, { bytes, ms: now() - began }];
  };
  const check = (): void => {
    if (failure) throw failure.error;
  };
  const finish = async (): Promise<void> => {
    await underWay;
    check();
  };
  return {
    get saved() {
      return newest;
    },
    get cost() {
      return cost;
    },
    async save(state, progress) {
      await finish();
      const stored = await storedTensors(state);
      if (!threads) {
        return measured(progress.step, () => saveCheckpoint(folder, { tensors: stored, progress }));
      }
      shared ??= new SharedArrayBuffer([...stored.values()].reduce((bytes, { values }) => bytes + values.byteLength, 0));
      const tensors = copyInto(shared, stored);
      underWay = measured(progress.step, () => saveBy(threads, { tensors, progress })).catch((error: unknown) => void (failure = { error }));
    },
    check,
    finish,
  };
}

/** Copies tensors one behind the other into memory that all threads see, and that the next step does not change. */
function copyInto(shared: SharedArrayBuffer, stored: Checkpoint['tensors']): Checkpoint['tensors'] {
  let at = 0;
  return new Map(
    [...stored].map(([name, { shape, values }]) => {
      const copy = new Float32Array(shared, at, values.length);
      copy.set(values as Float32Array);
      at += copy.byteLength;
      return [name, { shape, values: copy }];
    }),
  );
}
