import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { s3Objects, type S3Objects } from '../../lib/store/s3-objects.js';
import { descendants } from '../../scripts/processes.js';
import { killProcess } from '../../workers/processes.js';
import { ALONE, finished, firstLine, useSmallRun, weightsOf } from '../cli/small-run.js';
import { noServer } from '../workflows/server.js';
import { startS3Server, type S3Server } from './server.js';

const small = useSmallRun();
let bucket: S3Server;
before(async () => {
  bucket = await startS3Server();
});
after(() => bucket.close());

/** What a machine has in common with the others: a place in the bucket and the server. */
function environment(place: string, address?: string): NodeJS.ProcessEnv {
  const { endpoint, credentials } = bucket.location;
  return {
    ...ALONE,
    TEMPORAL_ADDRESS: address,
    NOISY_STUDENT_STORE: `s3://bucket/${place}`,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials!.secretAccessKey,
  };
}

type Tell = (message: 'pause' | 'resume') => Promise<void>;

/** [what becomes of the first machine, how, what the second one is told] */
const ENDS: readonly [name: string, end: (worker: ChildProcess, tell: Tell) => Promise<void>, begin: (tell: Tell) => Promise<void>][] = [
  [
    'is lost',
    async (worker) => {
      for (const { pid } of [...descendants(worker.pid!), { pid: worker.pid! }]) await killProcess(pid);
    },
    async () => undefined,
  ],
  [
    'is paused and switched off',
    async (worker, tell) => {
      await tell('pause');
      worker.kill('SIGTERM');
      assert.deepEqual(await once(worker, 'close'), [0, null]);
    },
    (tell) => tell('resume'),
  ],
];

let calm: Promise<readonly string[]> | undefined;

for (const [i, [name, end, begin]] of ENDS.entries()) {
  test(
    `a machine that ${name} in the middle of a training is replaced by another, with the bucket and the server in common and the same weights in the end`,
    { skip: noServer },
    async () => {
      const { folder, start } = small;
      calm ??= finished(start(['run', 'spec.yaml', '--json'], 'calm')).then(weightsOf);
      await calm;
      const server = start(['server', '--json'], `server-${i}`, environment('none'));
      const { address } = JSON.parse(await firstLine(server)) as { address: string };
      const common = environment(`place-${i}`, address);
      const tell: Tell = async (message) => assert.deepEqual(await once(start([message, 'shared'], `client-${i}`, common), 'close'), [0, null]);
      const first = start(['worker'], `first-${i}`, common);
      const run = start(['run', 'spec.yaml', '--json', '--id', 'shared'], `client-${i}`, common);
      const objects = s3Objects({ ...bucket.location, prefix: `place-${i}/` });
      const step = await sharedStep(objects, 60);
      await end(first, tell);
      await rm(join(folder, `first-${i}`), { recursive: true, force: true });
      start(['worker'], `second-${i}`, common);
      await begin(tell);

      const status = await finished(run);
      assert.deepEqual(weightsOf(status), await calm);
      const teacher = await objects.get(`artifacts/train/${status.generations[0]!.weights.key}.json`);
      const { resumedAt } = (JSON.parse(teacher!.text) as { meta: { resumedAt: number } }).meta;
      assert.ok(resumedAt >= step, `resumed at ${resumedAt}, though step ${step} was shared`);
      for await (const left of objects.list('checkpoints/')) assert.fail(`${left} was left`);
      objects.close();
    },
  );
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
