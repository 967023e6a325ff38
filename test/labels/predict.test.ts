import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { LabelJob } from '../../lib/device/messages.js';
import { laneOf } from '../../lib/evaluation/lanes.js';
import { openPredictor } from '../../lib/evaluation/predictor.js';
import { parquet, withDatabase } from '../../lib/labels/database.js';
import { labelShard } from '../../lib/labels/predict.js';
import { pseudoLabels } from '../../lib/labels/pseudo-label.js';
import { forward } from '../../lib/models/efficientnet.js';
import { loadModel } from '../../lib/models/weights.js';
import type { LabellingSpec } from '../../lib/spec/resolved.js';
import { tf } from '../../lib/tensor/runtime.js';
import { normalise } from '../../lib/models/normalise.js';
import { DATASET, hooksOf, pixelsOf, saveUntrained, smallExperiment, type Experiment } from '../evaluation/small-experiment.js';
import { sha256 } from './shards.js';

let experiment: Experiment;
before(async () => void (experiment = await smallExperiment()));
after(() => rm(experiment.folder, { recursive: true }));

const COMPILED = { eager: false };

const CLASSES = DATASET.classes.length;
const LANE = laneOf(DATASET.image.size, 1);
const LABELLING: LabellingSpec = { labels: 'soft', temperature: 1, batch: 8, shard: 64 };

test('the labels of a shard are those of a forward pass over the clean images', async () => {
  const rows = await readLabels(await label({}));
  const expected = await forwardDirectly();
  assert.deepEqual(
    rows.map(({ position, id }) => [position, id]),
    Array.from({ length: DATASET.sets.pool }, (_, i) => [i, `pool/${i}`]),
  );
  assert.ok(new Set(rows.map((row) => row.label)).size > 2, 'the model should not give every image one label');
  for (const [i, row] of rows.entries()) {
    const { probabilities, largest, best } = expected[i]!;
    assert.equal(row.label, best);
    assert.equal(row.confidence, row.probabilities[best]);
    assert.ok(Math.abs(row.confidence - largest) < 1e-5);
    for (const [c, probability] of probabilities.entries()) assert.ok(Math.abs(row.probabilities[c]! - probability) < 1e-5);
  }
});

/** Batches of 8: ranges that end inside a batch, start inside one, and lie within one. */
const SPLITS = [[8, 32], [13], [3, 5, 21], [42]];

for (const ends of SPLITS) {
  test(`shards that end at ${ends.join(', ')} hold the bits of one shard`, async () => {
    const whole = await readLabels(await label({}));
    const edges = [0, ...ends, DATASET.sets.pool];
    const parts = [];
    for (const [i, from] of edges.slice(0, -1).entries()) parts.push(...(await readLabels(await label({ from, to: edges[i + 1]! }))));
    assert.deepEqual(parts, whole);
  });
}

test('a shard is the same bytes each time, and leaves nothing else behind', async () => {
  const [once, again] = [await label({}), await label({})];
  assert.deepEqual(await readdir(once), ['labels.parquet']);
  assert.equal(await sha256(join(once, 'labels.parquet')), await sha256(join(again, 'labels.parquet')));
});

test('another model in the same process gives labels of its own, and takes the place of the first', async () => {
  const other = await saveUntrained(join(experiment.folder, 'other'), { seed: 2 });
  const first = await label({});
  const held = tf.memory().numTensors;
  const [second, firstAgain] = [await label({ model: other }), await label({})];
  assert.equal(tf.memory().numTensors, held);
  assert.notDeepEqual(await readLabels(second), await readLabels(first));
  assert.deepEqual(await readLabels(firstAgain), await readLabels(first));
});

test('a process loads a model once, however many shards ask for it', async () => {
  const options = { scratch: experiment.folder };
  assert.equal(await openPredictor(experiment.model, options), await openPredictor(experiment.model, options));
});

test('a held model takes another batch size when the folder of the job that opened it is gone', async () => {
  const model = await saveUntrained(join(experiment.folder, 'held'), { seed: 3 });
  const first = await label({ model });
  const expected = await readLabels(first);
  await rm(first, { recursive: true });
  const again = await readLabels(await label({ model, labelling: { ...LABELLING, batch: Number(LABELLING.batch) + 3 } }));
  assert.deepEqual(
    again.map((row) => row.label),
    expected.map((row) => row.label),
  );
});

test('the batch that a probe finds fastest gives the bits of any other one of whole lanes', async () => {
  const probed = await readLabels(await label({ labelling: { ...LABELLING, batch: 'auto' } }));
  assert.deepEqual(await readLabels(await label({ labelling: { ...LABELLING, batch: 2 * LANE } })), probed);
  const { fastest } = await openPredictor(experiment.model, { scratch: experiment.folder });
  assert.equal(fastest!.batch % LANE, 0);
});

test('no tensor is left behind by a shard', async () => {
  await label({});
  const before = tf.memory().numTensors;
  await label({ from: 5, to: 20 });
  assert.equal(tf.memory().numTensors, before);
});

test('hard labels put everything on the top-1 class and keep its confidence', async () => {
  const soft = await readLabels(await label({}));
  const hard = await readLabels(await label({ labelling: { ...LABELLING, labels: 'hard' } }));
  assert.deepEqual(
    hard.map(({ probabilities: _, ...row }) => row),
    soft.map(({ probabilities: _, ...row }) => row),
  );
  for (const row of hard)
    assert.deepEqual(
      row.probabilities,
      Array.from({ length: CLASSES }, (_, c) => (c === row.label ? 1 : 0)),
    );
});

test('progress counts images up to the last, and a job that should stop ends without a file', async () => {
  const hooks = hooksOf();
  await label({ from: 4, to: 30 }, hooks);
  assert.deepEqual(
    hooks.reports.map(({ step, of }) => [step, of]),
    [
      [4, 26],
      [12, 26],
      [20, 26],
      [26, 26],
    ],
  );
  const output = await experiment.output();
  assert.deepEqual(await labelShard(jobOf({ output }), hooksOf({ stopAfter: 2 }), COMPILED), { type: 'stopped', progress: { step: 16, of: 43 } });
  assert.deepEqual(await readdir(output), []);
});

/** Models that cannot label this pool. */
const UNFIT: readonly { readonly name: string; readonly model: () => Promise<string>; readonly code: string; readonly message: RegExp }[] = [
  {
    name: 'other classes',
    model: () => saveUntrained(join(experiment.folder, 'unfit'), { seed: 1, classes: 4 }),
    code: 'CLASSES_DIFFER',
    message: /4 classes apart, but the data set has 6/,
  },
  {
    name: 'weights that are no numbers',
    model: () => saveUntrained(join(experiment.folder, 'broken'), { seed: 1, scale: NaN }),
    code: 'WEIGHTS_INVALID',
    message: /"classifier\.weight" holds NaN at 0/,
  },
  {
    name: 'logits that are no numbers',
    model: () => saveUntrained(join(experiment.folder, 'endless'), { seed: 1, scale: 1e30, norm: 1e30 }),
    code: 'WEIGHTS_INVALID',
    message: /(NaN|Infinity) for image pool\/0 of the pool set/,
  },
];

for (const { name, model, code, message } of UNFIT) {
  test(`a model with ${name} is refused`, async () => assert.rejects(label({ model: await model() }), { code, message }));
}

/** Logits of one image → its label, confidence and probabilities, to 6 digits. */
const SOFTMAX: readonly {
  readonly logits: number[];
  readonly temperature: number;
  readonly labels: 'soft' | 'hard';
  readonly expected: [number, number, number[]];
}[] = [
  { logits: [0, Math.log(3), 0], temperature: 1, labels: 'soft', expected: [1, 0.6, [0.2, 0.6, 0.2]] },
  { logits: [0, Math.log(9), 0], temperature: 2, labels: 'soft', expected: [1, 0.6, [0.2, 0.6, 0.2]] },
  { logits: [0, Math.log(3), 0], temperature: 1, labels: 'hard', expected: [1, 0.6, [0, 1, 0]] },
  { logits: [2, 5, 5], temperature: 0.01, labels: 'soft', expected: [1, 0.5, [0, 0.5, 0.5]] },
  { logits: [1000, -1000, 0], temperature: 1, labels: 'soft', expected: [0, 1, [1, 0, 0]] },
];

for (const { logits, temperature, labels, expected } of SOFTMAX) {
  test(`logits ${logits.map((logit) => logit.toFixed(1)).join(', ')} at temperature ${temperature} make a ${labels} label`, () => {
    const found = pseudoLabels(Float32Array.from(logits), 3, { labels, temperature });
    const digits = (values: Iterable<number>) => [...values].map((value) => Number(value.toFixed(6)));
    assert.deepEqual([found.labels[0], ...digits(found.confidences), digits(found.probabilities)], expected);
  });
}

function jobOf(change: Partial<LabelJob> & { output: string }): LabelJob {
  return { kind: 'label', model: experiment.model, dataset: experiment.dataset, from: 0, to: DATASET.sets.pool, labelling: LABELLING, ...change };
}

/** Returns the output folder. */
async function label(change: Partial<LabelJob>, hooks = hooksOf()): Promise<string> {
  const output = await experiment.output();
  const outcome = await labelShard(jobOf({ ...change, output }), hooks, COMPILED);
  assert.equal(outcome.type, 'done');
  return output;
}

interface LabelRow {
  readonly position: number;
  readonly id: string;
  readonly label: number;
  readonly confidence: number;
  readonly probabilities: readonly number[];
}

function readLabels(folder: string): Promise<LabelRow[]> {
  return withDatabase(null, async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT * FROM ${parquet([join(folder, 'labels.parquet')])}`);
    return reader.getRowObjectsJS() as unknown as LabelRow[];
  });
}

/** All pool images in one batch of another shape, softmax by TensorFlow. */
async function forwardDirectly(): Promise<{ probabilities: number[]; largest: number; best: number }[]> {
  const { network, tensors, config } = await loadModel(experiment.model);
  const { size, channels } = DATASET.image;
  const pixels = Array.from({ length: DATASET.sets.pool }, (_, i) => [...pixelsOf('pool', i)]).flat();
  const rows = tf.tidy(() => {
    const images = normalise(tf.tensor4d(pixels, [DATASET.sets.pool, size, size, channels], 'float32'), config.pretrained.mean, config.pretrained.std);
    const loaded = Object.fromEntries(network.tensors.map(({ name, shape }) => [name, tf.tensor(tensors[name]!, [...shape])]));
    return tf.softmax(forward(network, loaded, images, { training: false }).logits).arraySync();
  });
  return rows.map((probabilities) => ({ probabilities, largest: Math.max(...probabilities), best: probabilities.indexOf(Math.max(...probabilities)) }));
}
