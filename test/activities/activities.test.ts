import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { evaluateModel } from '../../activities/evaluate-model.js';
import { labelShards } from '../../activities/label-shards.js';
import { selectLabels } from '../../activities/select-labels.js';
import { trainModel } from '../../activities/train-model.js';
import { runFolder } from '../../lib/report/run-models.js';
import type { TrainJob } from '../../lib/device/messages.js';
import type { Device } from '../../lib/device/process.js';
import { PipelineError } from '../../lib/errors.js';
import type { ArtifactRef, ArtifactStore } from '../../lib/store/store.js';
import { exampleSpec } from '../workflows/spec.js';
import { environment, fakeDevice, freshDeps, publishFiles, run, writeFiles, type FakeJob } from './support.js';

const [teacher, student] = exampleSpec().generations;
const TRAINED: FakeJob = { files: { 'model.safetensors': 'weights', 'result.json': '{"parameters":42}' }, meta: { libtensorflow: '2.18.1' } };
const ACCURACY = { images: 10, top1: 0.5, top5: 0.9, loss: 1, perClass: [], confusion: [] };
const EVALUATED: FakeJob = { files: { 'evaluation.json': JSON.stringify({ validation: ACCURACY, test: { ...ACCURACY, top1: 0.25 } }) } };

const publishDataset = (store: ArtifactStore) => publishFiles(store, 'prepare', 'd'.repeat(64), { 'dataset.json': '{"classes":["a","b"]}' });
const trainInput = (dataset: ArtifactRef) => ({ seed: 1, generation: teacher!, dataset, selection: null });

test('a model is trained once: the second time it is reused, says why, and tells the seconds of the first time', async (t) => {
  const deps = await freshDeps(t);
  const { device, jobs } = fakeDevice(() => TRAINED);
  const train = trainModel({ ...deps, device });
  const input = trainInput(await publishDataset(deps.store));
  const first = await run(train, input);
  const second = await run(train, input);
  assert.equal(jobs.length, 1);
  assert.deepEqual([first.reused, first.why], [false, 'nothing was published under its key']);
  assert.deepEqual([second.reused, second.why], [true, 'published before from the same images, selection, model, noise, training block and seed']);
  assert.deepEqual(second.artifact, first.artifact);
  assert.equal(first.seconds, 1);
  assert.equal(second.seconds, 1);
  assert.equal(first.parameters, 42);
  assert.equal(first.weights, '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c'); // SHA-256 of "weights"
});

test('an attempt that finds what the one before published without hearing of it clears away what that left', async (t) => {
  const deps = await freshDeps(t);
  const { device } = fakeDevice(() => TRAINED);
  const deaf: ArtifactStore = {
    ...deps.store,
    async publish(...given) {
      await deps.store.publish(...given);
      throw new PipelineError('STORE_UNREACHABLE', 'the answer broke off');
    },
  };
  const input = trainInput(await publishDataset(deps.store));
  await assert.rejects(run(trainModel({ ...deps, store: deaf, device }), input, environment({ attempt: 1 }).env), isFailure('STORE_UNREACHABLE', false));
  const { reused } = await run(trainModel({ ...deps, device }), input, environment({ attempt: 2 }).env);
  assert.equal(reused, true);
  for (const left of ['checkpoints', 'leases']) assert.deepEqual(await readdir(join(deps.home, 'store', left)), []);
  assert.deepEqual(await readdir(join(deps.home, 'store', 'work')), ['d'.repeat(64)]); // of the published input, not of the training
});

test('an attempt that sleeps while the next one trains ends itself when it wakes up, and publishes nothing', async (t) => {
  const deps = await freshDeps(t);
  const { device, wake, asleep } = sleepyDevice();
  const train = trainModel({ ...deps, device });
  const input = trainInput(await publishDataset(deps.store));
  const first = run(train, input, environment({ attempt: 1 }).env);
  await asleep;
  const second = await run(train, input, environment({ attempt: 2 }).env);
  wake();
  await assert.rejects(first, isFailure('SUPERSEDED', false));
  assert.equal(second.reused, false);
  assert.equal(await readFile(join(await deps.store.open(second.artifact), 'who.txt'), 'utf8'), 'job 2');
  assert.deepEqual(await readdir(join(deps.home, 'store', 'leases')), []);
});

test('a run that needs what another one trains waits, says so, and uses it', async (t) => {
  const deps = await freshDeps(t);
  const { device, wake, asleep } = sleepyDevice();
  const train = trainModel({ ...deps, device });
  const input = trainInput(await publishDataset(deps.store));
  const first = run(train, input, environment({ activityId: 'first' }).env);
  await asleep;
  const { env, heartbeats } = environment({ activityId: 'second' });
  env.on('heartbeat', (details: object) => 'waitingFor' in details && wake());
  const second = await run(train, input, env);
  assert.deepEqual(second.artifact, (await first).artifact);
  assert.deepEqual([second.reused, second.why], [true, 'published meanwhile from the same images, selection, model, noise, training block and seed']);
  assert.match(JSON.stringify(heartbeats), /"waitingFor":"[\w-]+first"/);
});

/** Its first job ends when it is woken, whatever its attempt was told. */
function sleepyDevice() {
  let [wake, fallAsleep] = [() => {}, () => {}];
  const sleep = new Promise<void>((resolve) => (wake = resolve));
  const asleep = new Promise<void>((resolve) => (fallAsleep = resolve));
  let jobs = 0;
  const device: Pick<Device, 'run'> = {
    async run({ output }) {
      const number = ++jobs;
      if (number === 1) fallAsleep();
      if (number === 1) await sleep;
      await writeFiles(output, { ...TRAINED.files, 'who.txt': `job ${number}` });
      return { meta: {} };
    },
  };
  return { device, wake, asleep };
}

test('a training gets its inputs as folders and the same checkpoints at each attempt, which are cleared when it is published', async (t) => {
  const deps = await freshDeps(t);
  const { device, jobs } = fakeDevice(() => (jobs.length === 1 ? { error: new PipelineError('DEVICE_LOST', 'killed') } : TRAINED));
  const train = trainModel({ ...deps, device });
  const input = trainInput(await publishDataset(deps.store));
  await assert.rejects(run(train, input, environment({ attempt: 1 }).env), isFailure('DEVICE_LOST', false));
  await run(train, input, environment({ attempt: 2 }).env);
  const [first, second] = jobs as TrainJob[];
  assert.equal(first!.checkpoints, second!.checkpoints);
  assert.notEqual(first!.output, second!.output);
  assert.equal(first!.dataset, await deps.store.open(input.dataset));
  assert.equal(first!.selection, null);
  assert.deepEqual(await readdir(join(deps.home, 'store', 'checkpoints')), []);
  assert.deepEqual(await readdir(join(deps.home, 'store', 'work')), ['d'.repeat(64)]); // of the published input, not of the training
});

for (const [name, fails, parts] of [
  ['that memory does not hold is computed in more and more parts', 2, [undefined, 2, 4]],
  ['of which memory holds not even one labelled image at a time fails in the end', Infinity, [undefined, 2, 4, 8, 16, 32]],
] as const) {
  test(`a batch ${name}`, async (t) => {
    const deps = await freshDeps(t);
    const { device, jobs } = fakeDevice(() => (jobs.length <= fails ? { error: new PipelineError('OUT_OF_MEMORY', 'OOM when allocating tensor') } : TRAINED));
    const input = trainInput(await publishDataset(deps.store));
    const generation = { ...input.generation, training: { ...input.generation.training, batch: 32 } };
    const training = run(trainModel({ ...deps, device }), { ...input, generation });
    if (fails === Infinity) await assert.rejects(training, isFailure('OUT_OF_MEMORY', false));
    else await training;
    assert.deepEqual(
      (jobs as TrainJob[]).map(({ microBatches }) => microBatches),
      parts,
    );
  });
}

test('heartbeats say in plain words how far a training is', async (t) => {
  const deps = await freshDeps(t);
  const progress = { step: 300, of: 600, loss: 0.42, imagesPerSecond: 1234, checkpoint: 200 };
  const { device } = fakeDevice(() => ({ untilAborted: true, progress: [{ ...progress, step: 299 }, progress] }));
  const { env, heartbeats } = environment();
  env.once('heartbeat', () => env.cancel('CANCELLED'));
  await assert.rejects(env.run(trainModel({ ...deps, device }), trainInput(await publishDataset(deps.store))), CancelledFailure);
  assert.deepEqual(heartbeats, [{ phase: 'train', generation: 0, ...progress }]);
});

for (const [what, checkpoint, nonRetryable, failures] of [
  ['fails a fourth time at the same checkpoint is given up', 200, true, 4],
  ['reached another checkpoint since its last failure begins counting anew', 300, false, 1],
] as const) {
  test(`a training that ${what}`, async (t) => {
    const deps = await freshDeps(t);
    const { device } = fakeDevice(() => ({ progress: [{ step: checkpoint, of: 600, checkpoint }], error: new PipelineError('DEVICE_LOST', 'killed') }));
    const { env, heartbeats } = environment({ attempt: 9, heartbeatDetails: { phase: 'train', step: 200, failures: 3, failedAfter: 200 } });
    await assert.rejects(run(trainModel({ ...deps, device }), trainInput(await publishDataset(deps.store)), env), isFailure('DEVICE_LOST', nonRetryable));
    assert.deepEqual(heartbeats.at(-1), { phase: 'train', generation: 0, step: checkpoint, of: 600, checkpoint, failures, failedAfter: checkpoint });
  });
}

test('a cancelled training stops its job, publishes nothing, and keeps its checkpoints', async (t) => {
  const deps = await freshDeps(t);
  const { env } = environment();
  const { device, jobs } = fakeDevice(() => ({ untilAborted: true, progress: [{ step: 1, of: 2 }] }));
  const running = env.run(trainModel({ ...deps, device }), trainInput(await publishDataset(deps.store)));
  env.once('heartbeat', () => env.cancel('CANCELLED'));
  await assert.rejects(running, CancelledFailure);
  assert.equal(jobs.length, 1);
  assert.equal((await readdir(join(deps.home, 'store', 'checkpoints'))).length, 1);
  assert.deepEqual(await readdir(join(deps.home, 'store', 'artifacts')), ['prepare']);
});

test('an attempt that was given up publishes nothing, though its job came to an end', async (t) => {
  const deps = await freshDeps(t);
  const { env } = environment();
  const { device } = fakeDevice(() => {
    env.cancel('TIMED_OUT');
    return TRAINED;
  });
  await assert.rejects(env.run(trainModel({ ...deps, device }), trainInput(await publishDataset(deps.store))), CancelledFailure);
  assert.deepEqual(await readdir(join(deps.home, 'store', 'artifacts')), ['prepare']);
});

test('an input that is not in the store is a failure that says so, and no job runs', async (t) => {
  const deps = await freshDeps(t);
  const { device, jobs } = fakeDevice(() => TRAINED);
  const gone: ArtifactRef = { phase: 'prepare', key: 'e'.repeat(64), digest: 'f'.repeat(64) };
  await assert.rejects(run(trainModel({ ...deps, device }), trainInput(gone)), isFailure('ARTIFACT_MISSING', true));
  assert.equal(jobs.length, 0);
});

test('an evaluation returns the accuracies that its artifact holds, computed or reused', async (t) => {
  const deps = await freshDeps(t);
  const { device, jobs } = fakeDevice(() => EVALUATED);
  const evaluate = evaluateModel({ ...deps, device });
  const dataset = await publishDataset(deps.store);
  const model = await publishFiles(deps.store, 'train', 'm'.repeat(64), TRAINED.files!);
  for (const reused of [false, true]) {
    const result = await run(evaluate, { generation: 0, model, dataset, batch: 512 });
    assert.equal(result.reused, reused);
    assert.deepEqual(result.validation, { top1: 0.5, top5: 0.9 });
    assert.deepEqual(result.test, { top1: 0.25, top5: 0.9 });
  }
  assert.equal(jobs.length, 1);
});

test('selecting from a pool with a missing shard asks for the shard to be made again', async (t) => {
  const deps = await freshDeps(t);
  const { device } = fakeDevice((job) => ({ files: { 'labels.parquet': JSON.stringify(job) } }));
  const dataset = await publishDataset(deps.store);
  const model = await publishFiles(deps.store, 'train', 'm'.repeat(64), TRAINED.files!);
  const { labelling, selection } = student!;
  await run(labelShards({ ...deps, device }), { generation: 1, labelling, model, dataset, images: 8, first: 0, last: 0, shards: 2 });
  const input = { seed: 1, generation: 1, selection, labels: { model, labelling }, before: null, dataset, images: 8, hiddenLabels: null };
  await assert.rejects(run(selectLabels(deps), input), (error: ApplicationFailure) => {
    assert.match(error.message, /pool images 4 to 7/);
    return isFailure('ARTIFACT_MISSING', true)(error);
  });
});

test('a damaged model is trained again', async (t) => {
  const deps = await freshDeps(t);
  const { device, jobs } = fakeDevice(() => TRAINED);
  const train = trainModel({ ...deps, device });
  const input = trainInput(await publishDataset(deps.store));
  const { artifact } = await run(train, input);
  await rm(join(await deps.store.open(artifact), 'model.safetensors'));
  assert.deepEqual((await run(train, input)).artifact, artifact);
  assert.equal(jobs.length, 2);
});

for (const [id, folder] of [
  ['fashion-mnist', 'fashion-mnist'],
  ['a/b c', 'a%2Fb%20c'],
  ['..', '%2E%2E'],
] as const) {
  test(`the folder of the run ${JSON.stringify(id)} stays inside the runs`, () => assert.equal(runFolder('/home', id), `/home/runs/${folder}`));
}

function isFailure(type: string, nonRetryable: boolean) {
  return (error: unknown) => error instanceof ApplicationFailure && error.type === type && error.nonRetryable === nonRetryable;
}
