import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Job, Progress } from '../../lib/device/messages.js';
import { JobAborted, type Device } from '../../lib/device/process.js';
import { createFileStore } from '../../lib/store/file-store.js';
import type { ArtifactRef, ArtifactStore, Phase } from '../../lib/store/store.js';

/** Dependencies over a fresh store. The clock advances by one second at each look. */
export async function freshDeps(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-activities-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  let now = 0;
  return { home, userHome: '/home/nobody', store: createFileStore(join(home, 'store')), clock: () => (now += 1000) };
}

/** What a job writes, file by file, and how it ends. */
export interface FakeJob {
  readonly files?: Readonly<Record<string, string>>;
  readonly progress?: readonly Progress[];
  readonly error?: Error;
  /** Ends only when it is aborted. */
  readonly untilAborted?: boolean;
  readonly meta?: Readonly<Record<string, unknown>>;
}

export function fakeDevice(answer: (job: Job) => FakeJob): { device: Pick<Device, 'run'>; jobs: Job[] } {
  const jobs: Job[] = [];
  return {
    jobs,
    device: {
      async run(job, { onProgress, signal } = {}) {
        jobs.push(job);
        const { files = {}, progress = [], error, untilAborted = false, meta = {} } = answer(job);
        for (const step of progress) onProgress?.(step);
        if (untilAborted) {
          if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          throw new JobAborted(progress.at(-1) ?? null);
        }
        if (error) throw error;
        await writeFiles(job.output, files);
        return { meta };
      },
    },
  };
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** An artifact that an earlier phase would have published. */
export async function publishFiles(store: ArtifactStore, phase: Phase, key: string, files: Readonly<Record<string, string>>): Promise<ArtifactRef> {
  const folder = await store.workFolder(key, 'support');
  await writeFiles(folder, files);
  const { digest } = await store.publish(phase, key, folder, { seconds: 1 });
  return { phase, key, digest };
}

/** Runs an activity in surroundings of its own. */
export async function run<Input, Result>(activity: (input: Input) => Promise<Result>, input: Input, env = environment().env): Promise<Result> {
  return (await env.run(activity, input)) as Result;
}

/** An activity's surroundings, and the details of the heartbeats it sends. */
export function environment(info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) {
  const env = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  const heartbeats: object[] = [];
  env.on('heartbeat', (details: object) => heartbeats.push(details));
  return { env, heartbeats };
}
