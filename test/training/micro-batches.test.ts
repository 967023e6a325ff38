import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { microBatches } from '../../lib/training/batch-size.js';
import { inMicroBatches, type Differentiated } from '../../lib/training/micro-batches.js';
import { tf } from '../../lib/tensor/runtime.js';
import { train } from '../../lib/training/loop.js';
import { digests, FACTS, hooksStopping, tinyFolder, tinyJob } from './tiny.js';

let folder: string;
before(async () => void (folder = await tinyFolder()));
after(() => rm(folder, { recursive: true }));

test('parts see their own rows once, labelled ones first, and what comes out are means', () => {
  const rows = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15]; // 4 labelled, 6 others
  const seen: number[][] = [];
  const count = tf.memory().numTensors;
  const { gradients, statistics, metrics } = scoped(() =>
    inMicroBatches(
      { images: tf.tensor4d(rows, [10, 1, 1, 1]), targets: tf.tensor2d(rows, [10, 1]) },
      { dropPath: tf.tensor2d([rows, rows]), dropout: tf.tensor2d(rows, [10, 1]) },
      { labelledCount: 4, parts: 2 },
      ({ images, targets }, { dropPath, dropout }) => {
        const part = [...images.dataSync()];
        seen.push(part);
        for (const other of [targets, dropout!, tf.slice(dropPath!, [0, 0], [1, -1]), tf.slice(dropPath!, [1, 0], [1, -1])])
          assert.deepEqual([...other.dataSync()], part);
        const sum = tf.scalar(part.reduce((total, value) => total + value, 0));
        return { gradients: { weight: tf.reshape(sum, [1, 1]) }, statistics: { mean: tf.keep(tf.clone(sum)) }, metrics: tf.keep(tf.tensor1d([part.length])) };
      },
    ),
  );
  assert.deepEqual(seen, [
    [0, 1, 10, 11, 12],
    [2, 3, 13, 14, 15],
  ]);
  for (const tensor of [gradients['weight']!, statistics['mean']!]) assert.equal(tensor.dataSync()[0], (34 + 47) / 2);
  assert.equal(metrics.dataSync()[0], 5);
  tf.dispose([gradients['weight']!, statistics['mean']!, metrics]);
  assert.equal(tf.memory().numTensors, count);
});

/** `tf.tidy` for a table of tables. */
function scoped(work: () => Differentiated): Differentiated {
  return tf.tidy(() => work() as unknown as tf.TensorContainer) as unknown as Differentiated;
}

for (const [labelled, pseudo, least, parts] of [
  [32, 128, 2, 2],
  [30, 60, 4, 5],
  [30, 45, 2, 3],
  [32, 0, 17, 32],
  [31, 64, 2, undefined],
  [32, 128, 64, undefined],
] as const) {
  test(`${labelled} labelled images and ${pseudo} others in at least ${least} parts: ${parts ?? 'they cannot be'}`, () => {
    assert.equal(microBatches(labelled, pseudo, least), parts);
  });
}

test('a training in parts that was stopped, and goes on without being told of them, gives the bytes of one that was not, and says how many', async () => {
  const [whole, calm, stopped] = [await tinyJob(folder, 'whole'), await tinyJob(folder, 'calm'), await tinyJob(folder, 'stopped')];
  await train(whole, hooksStopping(), FACTS);
  const outcome = await train({ ...calm, microBatches: 2 }, hooksStopping(), FACTS);
  assert.equal(outcome.type === 'done' && outcome.meta['microBatches'], 2);
  await train({ ...stopped, microBatches: 2 }, hooksStopping(13), FACTS);
  const hooks = hooksStopping();
  await train(stopped, hooks, FACTS);
  assert.deepEqual(hooks.warnings, []);
  assert.deepEqual(await digests(stopped.output), await digests(calm.output));
  assert.notEqual((await digests(calm.output))['model.safetensors'], (await digests(whole.output))['model.safetensors']);
  const resultOf = async ({ output }: { output: string }) => JSON.parse(await readFile(join(output, 'result.json'), 'utf8')) as { microBatches?: number };
  assert.equal((await resultOf(calm)).microBatches, 2);
  assert.equal((await resultOf(whole)).microBatches, undefined);
});

test('a training whose memory runs out in the middle goes on in parts, and says so', async () => {
  const job = await tinyJob(folder, 'middle');
  await train(job, hooksStopping(13), FACTS);
  const hooks = hooksStopping();
  await train({ ...job, microBatches: 2 }, hooks, FACTS);
  assert.match(hooks.warnings.join('\n'), /step-13: memory ran out, so batches are computed in 2 parts from here on/);
});
