import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { labelShards, type LabelInput } from '../../activities/label-shards.js';
import type { Job, LabelJob } from '../../lib/device/messages.js';
import { PipelineError } from '../../lib/errors.js';
import type { ArtifactStore } from '../../lib/store/store.js';
import { exampleSpec } from '../workflows/spec.js';
import { environment, fakeDevice, freshDeps, publishFiles, run, type FakeJob } from './support.js';

/** 10 images in 3 shards. */
const { labelling } = exampleSpec().generations[1]!;
const rangeOf = (job: Job) => `${(job as LabelJob).from}-${(job as LabelJob).to}`;
const labelsOf = (job: Job) => ({ files: { 'labels.parquet': JSON.stringify([(job as LabelJob).from, (job as LabelJob).to]) } });

/** The clock goes on by a second with each job of `device`, and stands still beside it. */
async function pool(t: TestContext, answer: (job: Job) => FakeJob = labelsOf) {
  let now = 0;
  const deps = { ...(await freshDeps(t)), clock: () => now };
  const { device, jobs } = fakeDevice((job) => {
    now += 1000;
    return answer(job);
  });
  const dataset = await publishFiles(deps.store, 'prepare', 'd'.repeat(64), { 'dataset.json': '{"classes":["a","b"]}' });
  const model = await publishFiles(deps.store, 'train', 'm'.repeat(64), { 'model.safetensors': 'weights' });
  const input = (first: number, last: number): LabelInput => ({ generation: 1, labelling, model, dataset, images: 10, first, last, shards: 3 });
  return { deps, device, jobs, input };
}

test('shards of one call are artifacts of their own: another call with other neighbours finds them', async (t) => {
  const { deps, device, jobs, input } = await pool(t);
  const label = labelShards({ ...deps, device });
  assert.deepEqual(await run(label, input(0, 1)), { shards: 2, reused: 0, seconds: 2 });
  assert.deepEqual(jobs.map(rangeOf).sort(), ['0-4', '4-8']);
  assert.deepEqual(await run(label, input(1, 2)), { shards: 2, reused: 1, seconds: 2 });
  assert.deepEqual(jobs.map(rangeOf).slice(2), ['8-10']);
});

test('a shard is published while the device labels the next', { timeout: 60_000 }, async (t) => {
  const { deps, device, jobs, input } = await pool(t);
  const { store, published } = announcing(deps.store);
  const waiting: typeof device = {
    async run(job, hooks) {
      if (jobs.length > 0) await published; // for ever, if the device were given its next shard only after that
      return device.run(job, hooks);
    },
  };
  assert.deepEqual(await run(labelShards({ ...deps, store, device: waiting }), input(0, 1)), { shards: 2, reused: 0, seconds: 2 });
});

test('the device gets one shard at a time', async (t) => {
  const { deps, device, input } = await pool(t);
  const inFlight: number[] = [];
  let now = 0;
  const counting: typeof device = {
    async run(job, hooks) {
      inFlight.push(++now);
      const result = await device.run(job, hooks);
      now--;
      return result;
    },
  };
  await run(labelShards({ ...deps, device: counting }), input(0, 2));
  assert.deepEqual(inFlight, [1, 1, 1]);
});

test('after a shard that fails no other begins, and the next attempt finds those that were labelled', async (t) => {
  let job = 0;
  const { deps, device, jobs, input } = await pool(t, (shard) => (++job === 2 ? { error: new PipelineError('DEVICE_LOST', 'killed') } : labelsOf(shard)));
  const label = labelShards({ ...deps, device });
  await assert.rejects(run(label, input(0, 2), environment({ attempt: 1 }).env), /DEVICE_LOST/);
  assert.equal(jobs.length, 2);
  assert.deepEqual(await run(label, input(0, 2), environment({ attempt: 2 }).env), { shards: 3, reused: 1, seconds: 3 });
  assert.equal(jobs.length, 4);
});

/** A store that tells of the first artifact that is published in it. */
function announcing(store: ArtifactStore): { store: ArtifactStore; published: Promise<void> } {
  let announce!: () => void;
  const published = new Promise<void>((resolve) => (announce = resolve));
  const publish: ArtifactStore['publish'] = async (...args) => {
    const manifest = await store.publish(...args);
    announce();
    return manifest;
  };
  return { store: { ...store, publish }, published };
}
