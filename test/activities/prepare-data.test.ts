import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/activity';
import { prepareData, type PrepareInput } from '../../activities/prepare-data.js';
import { dataSpec, noise, writeClasses, writePicture } from '../data/pictures.js';
import { environment, freshDeps, run } from './support.js';

const data = dataSpec({ labelled: 'folder train 1', validation: 'folder train 1', unlabelled: 'folder train', test: 'folder test' });

test('images are prepared once; the pool’s true labels lie in an artifact of their own', async (t) => {
  const { deps, input } = await folders(t);
  const first = await run(prepareData(deps), input);
  const second = await run(prepareData(deps), input);
  assert.deepEqual([first.reused, second.reused], [false, true]);
  assert.equal(second.why, 'published before from the same files, data block and seed');
  assert.equal(first.poolImages, 4);
  assert.equal(first.hiddenLabels?.phase, 'hidden-labels');
  assert.deepEqual(second.hiddenLabels, first.hiddenLabels);
  const files = await readdir(await deps.store.open(first.artifact));
  assert.ok(files.includes('dataset.json') && !files.some((file) => file.startsWith('hidden')));
  assert.deepEqual(await readdir(await deps.store.open(first.hiddenLabels!)), ['hidden-00000.jsonl', 'manifest.json']);
});

test('the device is warmed where images have to be read, and left alone where they were read before', async (t) => {
  const { deps, input } = await folders(t);
  let warmed = 0;
  const prepare = prepareData({ ...deps, warmDevice: () => warmed++ });
  await run(prepare, input);
  assert.equal(warmed, 1);
  await run(prepare, input);
  assert.equal(warmed, 1);
});

test('an image that was replaced is noticed', async (t) => {
  const { deps, input, root } = await folders(t);
  const first = await run(prepareData(deps), input);
  await writePicture(join(root, 'train', 'cat', '0.png'), noise(99));
  const second = await run(prepareData(deps), input);
  assert.equal(second.reused, false);
  assert.notEqual(second.artifact.key, first.artifact.key);
});

test('true labels that vanished are made again, and the data set stays what it is', async (t) => {
  const { deps, input } = await folders(t);
  const first = await run(prepareData(deps), input);
  await rm(await deps.store.open(first.hiddenLabels!), { recursive: true });
  const second = await run(prepareData(deps), input);
  assert.deepEqual(second.artifact, first.artifact);
  assert.deepEqual(second.hiddenLabels, first.hiddenLabels);
  await deps.store.open(second.hiddenLabels!);
});

test('a pool without classes has no true labels', async (t) => {
  const { deps, input, root } = await folders(t);
  await writePicture(join(root, 'pool', 'deep', 'one.png'), noise(50));
  const unlabelled = { format: 'folder', path: 'pool', perClass: null } as const;
  const result = await run(prepareData(deps), { ...input, data: { ...data, unlabelled }, locations: { ...input.locations, pool: join(root, 'pool') } });
  assert.equal(result.poolImages, 1);
  assert.equal(result.hiddenLabels, null);
});

test('a folder that is not there is a failure that a person has to put right', async (t) => {
  const { deps, input, root } = await folders(t);
  await rm(join(root, 'test'), { recursive: true });
  await assert.rejects(run(prepareData(deps), input), (error: ApplicationFailure) => error.type === 'DATA_MISSING' && error.nonRetryable === true);
});

test('preparing can be cancelled, and then publishes nothing', async (t) => {
  const { deps, input } = await folders(t);
  const { env } = environment();
  const warmDevice = () => env.cancel('CANCELLED'); // called when the reading begins
  await assert.rejects(run(prepareData({ ...deps, warmDevice }), input, env), CancelledFailure);
  assert.ok(!existsSync(join(deps.home, 'store', 'artifacts')));
});

/** Two classes of four images to train with, and of one to test with. */
async function folders(t: TestContext) {
  const deps = await freshDeps(t);
  const root = join(deps.home, 'images');
  await writeClasses(join(root, 'train'), ['cat', 'dog'], 4);
  await writeClasses(join(root, 'test'), ['cat', 'dog'], 1, 1000);
  const input: PrepareInput = { data, seed: 1, locations: { train: join(root, 'train'), test: join(root, 'test') } };
  return { deps, root, input };
}
