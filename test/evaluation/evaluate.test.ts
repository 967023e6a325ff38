import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { evaluateModel } from '../../lib/evaluation/evaluate.js';
import type { Evaluation, SetEvaluation } from '../../lib/evaluation/evaluation.js';
import { forward } from '../../lib/models/efficientnet.js';
import { loadModel } from '../../lib/models/weights.js';
import { tf } from '../../lib/tensor/runtime.js';
import { normalise } from '../../lib/models/normalise.js';
import { DATASET, hooksOf, labelOf, pixelsOf, saveUntrained, smallExperiment, type Experiment } from './small-experiment.js';

let experiment: Experiment;
before(async () => void (experiment = await smallExperiment()));
after(() => rm(experiment.folder, { recursive: true }));

const COMPILED = { eager: false };

test('both sets are judged as by a forward pass over the clean images', async () => {
  const { validation, test: tested } = await evaluate(4);
  for (const [set, found] of [
    ['validation', validation],
    ['test', tested],
  ] as const) {
    const { confusion, loss } = await evaluateDirectly(set);
    assert.equal(found.images, DATASET.sets[set]);
    assert.deepEqual(found.confusion, confusion);
    assert.equal(found.top1, confusion.reduce((sum, row, c) => sum + row[c]!, 0) / found.images);
    assert.ok(Math.abs(found.loss! - loss) < 1e-4, `${set}: ${found.loss} is not ${loss}`);
    assert.deepEqual(
      found.perClass.map((row) => row.class),
      DATASET.classes,
    );
  }
});

test('an evaluation is the same bytes each time, whatever was evaluated before', async () => {
  const once = await evaluateInto(4);
  await evaluateInto(4, await saveUntrained(join(experiment.folder, 'other'), { seed: 2 }));
  const again = await evaluateInto(4);
  assert.equal(await readFile(join(again, 'evaluation.json'), 'utf8'), await readFile(join(once, 'evaluation.json'), 'utf8'));
});

test('progress counts the images of both sets, and a job that should stop writes nothing', async () => {
  const hooks = hooksOf();
  await evaluateInto(4, experiment.model, hooks);
  assert.deepEqual(
    hooks.reports.map(({ step, of }) => [step, of]),
    [
      [4, 20],
      [8, 20],
      [9, 20],
      [13, 20],
      [17, 20],
      [20, 20],
    ],
  );

  const output = await experiment.output();
  const outcome = await evaluateModel(
    { kind: 'evaluate', model: experiment.model, dataset: experiment.dataset, batch: 4, output },
    hooksOf({ stopAfter: 1 }),
    COMPILED,
  );
  assert.equal(outcome.type, 'stopped');
  assert.deepEqual(await readdir(output), []);
});

async function evaluate(batch: number): Promise<Evaluation> {
  return JSON.parse(await readFile(join(await evaluateInto(batch), 'evaluation.json'), 'utf8')) as Evaluation;
}

/** Returns the output folder. */
async function evaluateInto(batch: number, model = experiment.model, hooks = hooksOf()): Promise<string> {
  const output = await experiment.output();
  const outcome = await evaluateModel({ kind: 'evaluate', model, dataset: experiment.dataset, batch, output }, hooks, COMPILED);
  assert.equal(outcome.type, 'done');
  return output;
}

/** The whole set in one batch; the loss by TensorFlow. */
async function evaluateDirectly(set: 'validation' | 'test'): Promise<Pick<SetEvaluation, 'confusion'> & { loss: number }> {
  const { network, tensors, config } = await loadModel(experiment.model);
  const { image, classes, sets } = DATASET;
  const n = sets[set];
  const pixels = Array.from({ length: n }, (_, i) => [...pixelsOf(set, i)]).flat();
  return tf.tidy(() => {
    const images = normalise(tf.tensor4d(pixels, [n, image.size, image.size, image.channels], 'float32'), config.pretrained.mean, config.pretrained.std);
    const loaded = Object.fromEntries(network.tensors.map(({ name, shape }) => [name, tf.tensor(tensors[name]!, [...shape])]));
    const { logits } = forward(network, loaded, images, { training: false });
    const labels = tf.tensor1d(
      Array.from({ length: n }, (_, i) => labelOf(i)),
      'int32',
    );
    const loss = tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes.length), logits).dataSync()[0]!;
    const confusion = tf.math.confusionMatrix(labels, tf.argMax<tf.Tensor1D>(logits, 1), classes.length).arraySync();
    return { confusion, loss };
  });
}
