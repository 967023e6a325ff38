import { readFileSync, rmSync } from 'node:fs';
import type { Contest } from './measure.js';
import { openDevice } from './device.js';
import type { Peer } from './peers.js';
import { temporaryFolder } from './scratch.js';
import type { StepSize } from './step.js';
import { b0Student } from './students.js';
import { madeUpTraining } from './training-data.js';

const STEPS = 20;

/**
 * The peak of memory of a device process that trains for some steps and saves a checkpoint, as one that a worker starts, against that
 * of a peer's process after as many steps. Each measurement has a process of its own. Linux alone says the peak of another process.
 */
export function peakAgainst({ images, size, model }: StepSize, rivalName: string, startRival: () => Peer): Contest {
  return {
    work: `peak memory of a training of ${model}, ${images} x ${size} px`,
    unit: 'MiB',
    run: () => peakOfTraining(images, size).then((whole) => ({ whole })),
    rivals: [{ name: rivalName, run: () => peakOf(startRival(), { work: 'step', model, images, size }).then((whole) => ({ whole })) }],
    close: () => undefined,
  };
}

async function peakOfTraining(images: number, size: number): Promise<number> {
  const folder = temporaryFolder();
  const student = b0Student(size, {
    steps: STEPS,
    batch: images / 4,
    unlabelledRatio: 3,
    optimiser: { name: 'rmsprop', decay: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 1e-5 },
  });
  const job = await madeUpTraining(folder, { size, channels: 3, labelled: 100, pool: 200 }, student);
  const device = openDevice();
  try {
    await device.run(job);
    const status = readFileSync(`/proc/${device.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
  } finally {
    await device.close();
    rmSync(folder, { recursive: true });
  }
}

async function peakOf(peer: Peer, work: Readonly<Record<string, unknown>>): Promise<number> {
  try {
    await peer.prepare(work);
    await peer.run(STEPS - 3); // three were taken to make it ready
    return (await peer.peakBytes()) / 2 ** 20;
  } finally {
    peer.close();
  }
}
