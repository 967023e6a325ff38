/** The thread of `loader.ts`: opens a training's data once, then draws the steps it is asked for. */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { TrainJob } from '../device/messages.js';
import { openDrawer } from './draw.js';

const drawer = openDrawer(workerData as TrainJob);
drawer.catch(() => undefined); // said at the first step

/** Its numbers change hands without being copied. */
export default async function draw(step: number): Promise<unknown> {
  const drawn = await (await drawer).draw(step);
  const { batch, masks } = drawn;
  const buffers = [batch.images, batch.targets, masks.dropPath, masks.dropout].flatMap((numbers) => (numbers ? [numbers.buffer] : []));
  return move({ [transferableSymbol]: buffers, [valueSymbol]: drawn } as unknown as Parameters<typeof move>[0]);
}
