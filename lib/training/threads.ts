import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { TrainJob } from '../device/messages.js';
import { entryFile, entryOptions } from '../package.js';
import type { Checkpoint } from './checkpoint.js';
import type { Drawn } from './draw.js';

/** What is done beside the thread that computes. */
export interface Threads {
  readonly count: number;
  draw(step: number): Promise<Drawn>;
  /** Its size in bytes. */
  save(checkpoint: Checkpoint): Promise<number>;
  /** Ends them at once, whatever they are at. */
  close(): Promise<void>;
}

/** `count` threads for a training; null for none. */
export function openThreads(job: TrainJob, count: number): Threads | null {
  if (count === 0) return null;
  const pool = new Piscina<unknown, unknown>({
    filename: fileURLToPath(entryFile('./thread', import.meta.url)),
    name: 'draw',
    stricterFIFO: true, // a step is needed before those after it
    execArgv: entryOptions(),
    workerData: { seed: job.seed, generation: job.generation, dataset: job.dataset, selection: job.selection, checkpoints: job.checkpoints },
    minThreads: count,
    maxThreads: count,
    idleTimeout: Infinity,
  });
  return {
    count,
    draw: (step) => pool.run(step) as Promise<Drawn>,
    save: (checkpoint) => pool.run(checkpoint, { name: 'save' }) as Promise<number>,
    close() {
      pool.on('error', () => undefined); // a result that arrives after its thread was ended is one
      return pool.destroy();
    },
  };
}
