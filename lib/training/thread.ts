/** A thread of `threads.ts`: opens a training's data once, then draws the steps and saves the checkpoints it is asked for. */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { TrainJob } from '../device/messages.js';
import { saveCheckpoint, type Checkpoint } from './checkpoint.js';
import { openDrawer } from './draw.js';

const job = workerData as Omit<TrainJob, 'kind' | 'output'>;
const drawer = openDrawer(job);
drawer.catch(() => undefined); // said at the first step

/** Its numbers change hands without being copied. */
export async function draw(step: number): Promise<unknown> {
  const drawn = await (await drawer).draw(step);
  const { batch, masks } = drawn;
  const buffers = [batch.images, batch.targets, masks.dropPath, masks.dropout].flatMap((numbers) => (numbers ? [numbers.buffer] : []));
  return move({ [transferableSymbol]: buffers, [valueSymbol]: drawn } as unknown as Parameters<typeof move>[0]);
}

/** Its numbers lie in memory that all threads share. */
export function save(checkpoint: Checkpoint): Promise<number> {
  return saveCheckpoint(job.checkpoints, checkpoint);
}
