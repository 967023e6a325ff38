import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { s3Objects, type S3Objects } from '../../lib/store/s3-objects.js';
import { descendants } from '../../scripts/processes.js';
import { killProcess } from '../../workers/processes.js';
import type { RunStatus } from '../../workflows/messages.js';
import { noise, writePicture } from '../data/pictures.js';
import { noServer } from '../workflows/server.js';
import { startS3Server, type S3Server } from './server.js';

const SPEC = `
version: 1
name: machines
data:
  image: { size: 16 }
  labelled: { format: folder, path: labelled }
  validation: { format: folder, path: validation }
  unlabelled: { format: folder, path: pool }
  test: { format: folder, path: test }
teacher: { model: efficientnet_t0, training: { steps: 400 } }
students: [{ model: efficientnet_t0 }]
baseline: none
noise: { flip: horizontal, dropout: 0.1 }
training: { steps: 40, batch: 4, unlabelledRatio: 2, checkpointEvery: 20, schedule: { name: cosine, rate: 0.01, warmupSteps: 2 } }
labelling: { batch: 16, shard: 16 }
selection: { confidence: 0 }
`;

let folder: string;
let bucket: S3Server;
const started: ChildProcess[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noisy-student-machines-'));
  bucket = await startS3Server();
  const size = { width: 20, height: 20 };
  for (const [s, set] of ['labelled', 'validation', 'test'].entries())
    for (const [c, name] of ['cat', 'dog'].entries())
      for (let i = 0; i < 6; i++) await writePicture(join(folder, set, name, `${i}.png`), noise(100 * s + 10 * c + i, size), size);
  for (let i = 0; i < 20; i++) await writePicture(join(folder, 'pool', `${i}.png`), noise(1000 + i, size), size);
  await writeFile(join(folder, 'spec.yaml'), SPEC);
});
after(async () => {
  for (const { pid } of started) for (const each of [...descendants(pid!).map((below) => below.pid), pid!]) await killProcess(each);
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a machine has in common with the others: the bucket and, where it is given, the server. */
function environment(address?: string): NodeJS.ProcessEnv {
  const { endpoint, credentials } = bucket.location;
  return {
    ...process.env,
    NOISY_STUDENT_HOME: undefined,
    TEMPORAL_ADDRESS: address,
    NOISY_STUDENT_STORE: 's3://bucket/project',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials!.secretAccessKey,
  };
}

test(
  'a machine that is lost in the middle of a training is replaced by another, with the bucket and the server in common and the same weights in the end',
  { skip: noServer },
  async () => {
    const calm = await finished(start(['run', 'spec.yaml', '--json'], 'calm', { ...process.env, NOISY_STUDENT_HOME: undefined, TEMPORAL_ADDRESS: undefined }));

    const server = start(['server', '--json'], 'server', environment());
    const { address } = JSON.parse(await line(server)) as { address: string };
    const worker = (home: string) => start(['worker'], home, environment(address));
    const first = worker('first');
    const run = start(['run', 'spec.yaml', '--json'], 'client', environment(address));
    const objects = s3Objects({ ...bucket.location });
    const step = await sharedStep(objects, 60);
    for (const { pid } of [...descendants(first.pid!), { pid: first.pid! }]) await killProcess(pid);
    await rm(join(folder, 'first'), { recursive: true, force: true });
    await mkdir(join(folder, 'second'));
    worker('second');

    const status = await finished(run);
    assert.deepEqual(
      status.generations.map(({ weights }) => weights.sha256),
      calm.generations.map(({ weights }) => weights.sha256),
    );
    const teacher = await objects.get(`artifacts/train/${status.generations[0]!.weights.key}.json`);
    const { resumedAt } = (JSON.parse(teacher!.text) as { meta: { resumedAt: number } }).meta;
    assert.ok(resumedAt >= step, `resumed at ${resumedAt}, though step ${step} was shared`);
    for await (const name of objects.list('checkpoints/')) assert.fail(`${name} was left`);
    objects.close();
  },
);

function start(args: readonly string[], home: string, env: NodeJS.ProcessEnv): ChildProcess {
  const command = join(import.meta.dirname, '../../cli/noisy-student.mjs');
  const child = spawn(process.execPath, [command, ...args, '--home', join(folder, home)], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.once('close', (code) => code && console.error(`${args[0]} with ${home} ended with ${code}: ${stderr.slice(-2000)}`));
  started.push(child);
  return child;
}

async function finished(command: ChildProcess): Promise<RunStatus> {
  let stdout = '';
  command.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(command, 'close')) as [number];
  assert.equal(code, 0);
  return JSON.parse(stdout) as RunStatus;
}

async function line(command: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of command.stdout!) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text;
}

/** Waits until a checkpoint of at least this step is in the bucket. */
async function sharedStep(objects: S3Objects, least: number): Promise<number> {
  for (;;) {
    for await (const name of objects.list('checkpoints/')) {
      const step = Number(/step-(\d+)\/manifest\.json$/.exec(name)?.[1] ?? 0);
      if (step >= least) return step;
    }
  }
}
