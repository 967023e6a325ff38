import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TrainJob } from '../../lib/device/messages.js';
import type { Device } from '../../lib/device/process.js';
import { deviceEnvironment, openDevice } from './device.js';
import type { Contest } from './measure.js';
import { ended, owned, temporaryFolder } from './scratch.js';
import { b0Student, DEFAULT_PIPELINE, defaultStudent, ROOT } from './students.js';
import { madeUpTraining } from './training-data.js';

/** What a person waits for before anything happens: less than a second for `validate`, less than ten until the first step. */
export async function* startsAgainstBareOnes(): AsyncIterable<Contest> {
  yield {
    work: 'validate fashion-mnist.yaml, a fresh process',
    run: () => runNode('cli/noisy-student.mjs', 'validate', DEFAULT_PIPELINE),
    rivals: [
      { name: 'node -e 0', run: () => runNode('-e', '0') },
      { name: 'node --import tsx -e 0', run: () => runNode('--import', 'tsx', '-e', '0') },
    ],
    close: () => undefined,
  };
  const t1 = await madeUpTraining(temporaryFolder(), { size: 28, channels: 1, labelled: 500, pool: 5_000 }, defaultStudent());
  yield firstStep('efficientnet_t1, 160 x 28 px', t1);
  const b0 = await madeUpTraining(temporaryFolder(), { size: 32, channels: 3, labelled: 500, pool: 2_000 }, b0Student(32, { batch: 16, unlabelledRatio: 3 }));
  yield firstStep('tf_efficientnet_b0, 64 x 32 px', b0);
}

async function runNode(...args: readonly string[]): Promise<void> {
  const child = owned(spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' }));
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`node ${args.join(' ')} ended with ${child.exitCode ?? child.signalCode}`);
}

/** From the fork of the device process to its first message of progress; that it then ends is not timed. */
function firstStep(model: string, job: TrainJob): Contest {
  let device: Device | undefined;
  let bare: ChildProcess | undefined;
  const clear = async () => {
    await device?.close();
    bare?.kill('SIGKILL');
    if (bare) await ended(bare);
    await rm(job.checkpoints, { recursive: true, force: true }); // nothing to resume from
    await mkdir(job.checkpoints);
  };
  return {
    work: `first step of ${model}`,
    async run() {
      device = openDevice({ killAfterMs: 0 });
      await untilProgress(device, job);
    },
    rivals: [
      {
        name: 'loading TensorFlow alone',
        async run() {
          bare = owned(loadTensorFlow());
          await Promise.race([once(bare, 'message'), once(bare, 'exit').then(() => Promise.reject(new Error('TensorFlow could not be loaded')))]);
        },
      },
    ],
    prepare: clear,
    close: clear,
  };
}

async function untilProgress(device: Device, job: TrainJob): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    device.run(job, { onProgress: () => resolve() }).catch(reject); // that the training is cut off afterwards reaches nobody
  });
}

/** A device process in all but the training. */
function loadTensorFlow(): ChildProcess {
  return fork(fileURLToPath(new URL('./load-tensorflow.ts', import.meta.url)), [], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: deviceEnvironment(),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
