import assert from 'node:assert/strict';
import { readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TrainJob } from '../../lib/device/messages.js';
import type { PipelineError } from '../../lib/errors.js';
import { loadModel } from '../../lib/models/weights.js';
import { tf } from '../../lib/tensor/runtime.js';
import { newestCheckpoint } from '../../lib/training/checkpoint.js';
import { checkpointSteps } from '../../lib/store/disk.js';
import { checkTensorCount } from '../../lib/training/checks.js';
import { train } from '../../lib/training/loop.js';
import type { NoiseAttestation, TrainResult } from '../../lib/training/outputs.js';
import { ALL_NOISE, digests, FACTS, hooksStopping, TINY, tinyFolder, tinyJob } from './tiny.js';

let folder: string;
let undisturbed: TrainJob;
before(async () => {
  folder = await tinyFolder();
  undisturbed = await tinyJob(folder, 'undisturbed');
  await train(undisturbed, hooksStopping(), FACTS);
});
after(() => rm(folder, { recursive: true }));

test('a training that was stopped twice and resumed gives the bytes of one that was not', async () => {
  const job = await tinyJob(folder, 'stopped');
  for (const [steps, reached] of [
    [13, 13],
    [8, 21],
  ] as const) {
    const outcome = await train(job, hooksStopping(steps), FACTS);
    assert.deepEqual(outcome, { type: 'stopped', progress: { step: reached, of: 30, checkpoint: reached } });
    assert.deepEqual(await digests(job.output), {});
  }
  await train(job, hooksStopping(), FACTS);
  await assertSameOutput(job);
});

for (const [where, step] of [
  ['after its first step', 1],
  ['in the warm-up', 3],
  ['where the warm-up ends', 5],
  ['in the middle of a pass over the labelled images', 8],
  ['where a checkpoint is written anyway', 20],
  ['before its last step', 29],
] as const) {
  test(`a training that was stopped ${where} gives the bytes of one that was not, and a log without gap or repetition`, async () => {
    const job = await tinyJob(folder, `stopped at ${step}`);
    await train(job, hooksStopping(step), FACTS);
    assert.deepEqual((await checkpointSteps(job.checkpoints))[0], step);
    await train(job, hooksStopping(), FACTS);
    await assertSameOutput(job);
    assert.deepEqual(
      (await metricsOf(job)).map((row) => row['step']),
      [7, 14, 21, 28, 30],
    );
  });
}

test('a training whose newest checkpoint is damaged falls back, warns, and gives the same bytes', async () => {
  const job = await tinyJob(folder, 'damaged');
  await train(job, hooksStopping(25), FACTS);
  assert.deepEqual(await checkpointSteps(job.checkpoints), [25, 20]);
  await truncate(join(job.checkpoints, 'step-25', 'state.safetensors'), 1000);
  const hooks = hooksStopping();
  await train(job, hooks, FACTS);
  assert.match(hooks.warnings.join('\n'), /step-25 is damaged/);
  assert.equal(hooks.steps, 10);
  await assertSameOutput(job);
});

test('how often it saves and logs changes no weight, and a line is the mean over its interval', async () => {
  const job = await tinyJob(folder, 'intervals', { checkpointEvery: 4, logEvery: 1 });
  await train(job, hooksStopping(), FACTS);
  assert.equal((await digests(job.output))['model.safetensors'], (await digests(undisturbed.output))['model.safetensors']);

  const [last, grouped] = [(await metricsOf(job)).slice(28), (await metricsOf(undisturbed)).at(-1)!];
  assert.equal(grouped['rate'], last[1]!['rate']);
  for (const name of ['loss', 'labelledLoss', 'pseudoLoss', 'labelledTop1', 'gradientNorm']) {
    assert.equal(grouped[name], (Number(last[0]![name]) + Number(last[1]![name])) / 2, name);
  }
});

test('a finished training that is asked for again only writes its output', async () => {
  const job = await tinyJob(folder, 'again');
  const hooks = hooksStopping();
  await train({ ...job, checkpoints: undisturbed.checkpoints }, hooks, FACTS);
  assert.equal(hooks.steps, 0);
  await assertSameOutput(job);
});

test('a training stopped before its first step leaves nothing', async () => {
  const job = await tinyJob(folder, 'unstarted');
  assert.deepEqual(await train(job, hooksStopping(0), FACTS), { type: 'stopped', progress: { step: 0, of: 30 } });
  assert.deepEqual(await checkpointSteps(job.checkpoints), []);
});

test('a resume under another processor warns and names it', async () => {
  const job = await tinyJob(folder, 'moved');
  await train(job, hooksStopping(2), FACTS);
  const hooks = hooksStopping(1);
  await train(job, hooks, { ...FACTS, processor: 'another' });
  assert.match(hooks.warnings.join('\n'), /processor was test and is another/);
});

test("another model's checkpoint is refused", async () => {
  const job = await tinyJob(folder, 'mixed');
  await train(job, hooksStopping(1), FACTS);
  const other = { ...job, generation: { ...job.generation, model: 'efficientnet_t0' } };
  await assert.rejects(train(other, hooksStopping(), FACTS), { code: 'CHECKPOINT_MISMATCH', message: /step-1: .*was it made by another model/ });
});

test('a loss that is no number stops the training and names the step, the terms and the images', async () => {
  const job = await tinyJob(folder, 'diverging', { schedule: { name: 'cosine', rate: 1e30, warmupSteps: 0 } });
  await assert.rejects(train(job, hooksStopping(), FACTS), (error: PipelineError) => {
    assert.equal(error.code, 'TRAINING_DIVERGED');
    const { step, loss, rate, labelledIds, poolIds } = error.evidence as { step: number; loss: string; rate: number; labelledIds: string[]; poolIds: string[] };
    assert.ok(step >= 2 && step <= 3, `step ${step}`);
    assert.equal(loss, 'NaN');
    assert.ok(rate > 1e29);
    assert.equal(labelledIds.length, 4);
    assert.equal(poolIds.length, 8);
    assert.match(labelledIds[0]!, /^labelled\/\d\.png$/);
    assert.match(poolIds[0]!, /^pool\/\d+\.png$/);
    return true;
  });
});

test('the number of tensors is the same at every step, and none is left at the end', async () => {
  const before = tf.memory().numTensors;
  const counts = new Set<number>();
  const job = await tinyJob(folder, 'counted', { steps: 6, checkpointEvery: 2 });
  const hooks = hooksStopping();
  await train(job, { ...hooks, onProgress: () => void counts.add(tf.memory().numTensors) }, FACTS);
  assert.equal(counts.size, 1);
  assert.equal(tf.memory().numTensors, before);
});

for (const loaderThreads of [1, 3]) {
  test(`${loaderThreads} threads that draw give the bytes of none, also after a stop`, async () => {
    const facts = { ...FACTS, loaderThreads };
    const plain = await tinyJob(folder, `drawn-by-0-beside-${loaderThreads}`);
    await train(plain, hooksStopping(), FACTS);
    const job = await tinyJob(folder, `drawn-by-${loaderThreads}`);
    assert.equal((await train(job, hooksStopping(7), facts)).type, 'stopped');
    const hooks = hooksStopping();
    assert.equal((await train(job, hooks, facts)).type, 'done');
    assert.deepEqual(await digests(job.output), await digests(plain.output));
    assert.deepEqual(hooks.warnings, []); // so the threads did draw
  });
}

test('a step that leaves a tensor behind is TENSOR_LEAK', () => {
  const before = tf.memory().numTensors;
  const left = tf.scalar(1);
  assert.throws(() => checkTensorCount(before, 4), { code: 'TENSOR_LEAK', message: /step 4 began with/ });
  left.dispose();
});

test('a selection without images is refused before the first step', async () => {
  const empty = await tinyFolder({ ...TINY, pool: 0 });
  try {
    await assert.rejects(train(await tinyJob(empty, 'empty'), hooksStopping(), FACTS), { code: 'DATASET_EMPTY', message: /selection\.confidence/ });
  } finally {
    await rm(empty, { recursive: true });
  }
});

test('a teacher trains on labels alone, with the other optimiser and schedule', async () => {
  const job = await tinyJob(
    folder,
    'teacher',
    {
      unlabelledRatio: 0,
      optimiser: { name: 'rmsprop', decay: 0.9, momentum: 0.9, epsilon: 0.001, weightDecay: 1e-5 },
      schedule: { name: 'exponential', rate: 0.001, warmupSteps: 5, decay: 0.97, everySteps: 4 },
    },
    { selection: null },
  );
  await train(job, hooksStopping(), FACTS);
  const rows = await metricsOf(job);
  assert.deepEqual(
    rows.map(({ step }) => step),
    [7, 14, 21, 28, 30],
  );
  assert.ok(rows.every(({ pseudoLoss }) => pseudoLoss === null));
  assert.ok(Number(rows.at(-1)!['loss']) < Number(rows[0]!['loss']));
});

test('the model that is published says what it needs', async () => {
  const { config, network } = await loadModel(undisturbed.output);
  assert.equal(network.name, 'efficientnet_t1');
  assert.deepEqual(config.labels, ['class 0', 'class 1', 'class 2']);
  const { inputSize, mean, std } = config.pretrained;
  assert.deepEqual([inputSize, mean, std], [[1, 8, 8], [0.4], [0.3]]);
});

test('without an average the model is the weights themselves', async () => {
  const job = await tinyJob(folder, 'unaveraged', { steps: 2, ema: 0 });
  await train(job, hooksStopping(), FACTS);
  const [{ tensors }, checkpoint] = [await loadModel(job.output), await newestCheckpoint(job.checkpoints, assert.fail)];
  for (const name of ['conv_stem.weight', 'bn1.bias']) assert.deepEqual(checkpoint!.tensors.get(`average.${name}`), checkpoint!.tensors.get(`weights.${name}`));
  assert.deepEqual(tensors['bn1.bias'], checkpoint!.tensors.get('weights.bn1.bias')!.values);
  assert.deepEqual(tensors['bn1.running_mean'], checkpoint!.tensors.get('statistics.bn1.running_mean')!.values);
});

test('the result counts what was done', async () => {
  const result = JSON.parse(await readFile(join(undisturbed.output, 'result.json'), 'utf8')) as TrainResult;
  assert.equal(result.steps, 30);
  assert.equal(result.images, 360);
  assert.equal(result.final.step, 30);
  assert.equal(result.weightsSha256, (await digests(undisturbed.output))['model.safetensors']);
});

test('the attestation says what noise was asked for and what was drawn', async () => {
  const noise = JSON.parse(await readFile(join(undisturbed.output, 'noise.json'), 'utf8')) as NoiseAttestation;
  assert.deepEqual(noise.asked, ALL_NOISE);
  assert.equal(noise.counted.images, 360);
  assert.ok(Math.abs(noise.dropout.measured! - 0.1) < 0.01);
  assert.equal(
    Object.values(noise.counted.ops).reduce((sum, { applied }) => sum + applied, 0),
    360,
  );
  assert.deepEqual(
    noise.survival.map(({ asked }) => Math.round(asked * 1e6) / 1e6),
    [1, 0.95, 1, 0.85],
  );
  for (const { asked, measured } of noise.survival) assert.ok(Math.abs(measured! - asked) < 0.06);
});

test('without noise nothing is drawn, and the attestation says so', async () => {
  const job = await tinyJob(folder, 'clean', { steps: 3 });
  const noise = { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 } as const;
  await train({ ...job, generation: { ...job.generation, noise } }, hooksStopping(), FACTS);
  const attested = JSON.parse(await readFile(join(job.output, 'noise.json'), 'utf8')) as NoiseAttestation;
  assert.equal(attested.measured.unchangedShare, 1);
  assert.equal(attested.dropout.measured, null);
  assert.ok(attested.survival.every(({ measured }) => measured === null));
});

async function assertSameOutput(job: TrainJob): Promise<void> {
  const expected = await digests(undisturbed.output);
  assert.deepEqual(Object.keys(expected), ['config.json', 'metrics.jsonl', 'model.safetensors', 'noise.json', 'result.json']);
  assert.deepEqual(await digests(job.output), expected);
}

async function metricsOf(job: TrainJob): Promise<Record<string, number | null>[]> {
  const text = await readFile(join(job.output, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | null>);
}
