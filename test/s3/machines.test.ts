import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
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

/** What a machine has in common with the others: the bucket and, where it is given, the server. */
function environment(address?: string): NodeJS.ProcessEnv {
  const { endpoint, credentials } = bucket.location;
  return {
    ...ALONE,
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
    const { folder, start } = small;
    const calm = await finished(start(['run', 'spec.yaml', '--json'], 'calm'));

    const server = start(['server', '--json'], 'server', environment());
    const { address } = JSON.parse(await firstLine(server)) as { address: string };
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
    assert.deepEqual(weightsOf(status), weightsOf(calm));
    const teacher = await objects.get(`artifacts/train/${status.generations[0]!.weights.key}.json`);
    const { resumedAt } = (JSON.parse(teacher!.text) as { meta: { resumedAt: number } }).meta;
    assert.ok(resumedAt >= step, `resumed at ${resumedAt}, though step ${step} was shared`);
    for await (const name of objects.list('checkpoints/')) assert.fail(`${name} was left`);
    objects.close();
  },
);

/** Waits until a checkpoint of at least this step is in the bucket. */
async function sharedStep(objects: S3Objects, least: number): Promise<number> {
  for (;;) {
    for await (const name of objects.list('checkpoints/')) {
      const step = Number(/step-(\d+)\/manifest\.json$/.exec(name)?.[1] ?? 0);
      if (step >= least) return step;
    }
  }
}
