import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SelectionStatistics } from '../../lib/labels/selection-statistics.js';
import type { SelectionSpec } from '../../lib/spec/resolved.js';
import { runSelection, SELECTION, temporaryFolder, writeHidden, writeShards, type PoolImage } from './shards.js';

let folder = '';
before(async () => void (folder = await temporaryFolder()));
after(() => rm(folder, { recursive: true, force: true }));

/** Bags are plenty, coats are rare, no shirt reaches the floor of 0.5. */
const POOL: readonly PoolImage[] = [
  { label: 0, confidence: 0.5, probabilities: [0.5, 0.5, 0] },
  { label: 0, confidence: 0.75, probabilities: [0.75, 0.25, 0] },
  { label: 0, confidence: 1, probabilities: [1, 0, 0] },
  { label: 0, confidence: 0.625, probabilities: [0.625, 0.375, 0] },
  { label: 0, confidence: 0.625, probabilities: [0.625, 0.375, 0] },
  { label: 1, confidence: 0.875, probabilities: [0.125, 0.875, 0] },
  { label: 2, confidence: 0.375, probabilities: [0.3125, 0.3125, 0.375] },
  { label: 0, confidence: 0.375, probabilities: [0.375, 0.3125, 0.3125] },
];

const TRUTH = [0, 1, 0, 0, 0, 1, 2, 0];

test('the counts before and after are those of the pool', async () => {
  const { statistics } = await select();
  assert.deepEqual(
    { images: statistics.images, aboveFloor: statistics.aboveFloor, coverage: statistics.coverage, rows: statistics.rows, unique: statistics.unique },
    { images: 8, aboveFloor: 6, coverage: 0.75, rows: 8, unique: 5 },
  );
  assert.deepEqual(statistics.classes, [
    { class: 'bag', before: 6, aboveFloor: 5, unique: 4, rows: 4, duplication: 1, lowestConfidence: 0.625, accuracy: 5 / 6 },
    { class: 'coat', before: 1, aboveFloor: 1, unique: 1, rows: 4, duplication: 4, lowestConfidence: 0.875, accuracy: 1 },
    { class: 'shirt', before: 1, aboveFloor: 0, unique: 0, rows: 0, duplication: null, lowestConfidence: null, accuracy: 1 },
  ]);
});

test('confidence and entropy are means over the whole pool', async () => {
  const { confidence, entropy } = (await select()).statistics;
  assert.equal(confidence.mean, 5.125 / 8);
  assert.equal(confidence.highest, 1);
  assert.deepEqual(
    Object.entries(confidence.histogram).filter(([, images]) => images > 0),
    [
      ['7', 2],
      ['10', 1],
      ['12', 2],
      ['15', 1],
      ['17', 1],
      ['19', 1],
    ],
  );
  const expected = POOL.reduce((sum, { probabilities = [] }) => sum - probabilities.reduce((terms, p) => terms + (p > 0 ? p * Math.log(p) : 0), 0), 0) / 8;
  assert.ok(Math.abs((entropy ?? NaN) - expected) < 1e-8, `${entropy} is not ${expected}`);
});

test('label accuracy counts the pool once and the selection by its copies', async () => {
  const { accuracy } = (await select()).statistics;
  assert.ok(accuracy);
  assert.equal(accuracy.images, 8);
  assert.equal(accuracy.pool, 7 / 8);
  assert.equal(accuracy.selected, 7 / 8); // of 4 bags one is wrong; the one coat is right 4 times
  assert.deepEqual(accuracy.bins[7], { from: 0.35, images: 2, accuracy: 1 });
  assert.deepEqual(accuracy.bins[15], { from: 0.75, images: 1, accuracy: 0 });
  assert.deepEqual(accuracy.bins[0], { from: 0, images: 0, accuracy: null });
});

test('an image without a hidden label counts in no accuracy', async () => {
  const { accuracy } = (await select({ hidden: await writeHidden(join(folder, 'some'), TRUTH.slice(0, 2)) })).statistics;
  assert.equal(accuracy?.images, 2);
  assert.equal(accuracy.pool, 0.5);
});

test('churn compares the top-1 classes of both generations image by image', async () => {
  const before = POOL.map((image, i): PoolImage => ({ ...image, label: i < 2 ? 2 : image.label }));
  const { churn } = (await select({ previous: await writeShards(folder, before, [3]) })).statistics;
  assert.deepEqual(churn, {
    images: 8,
    changed: 2,
    share: 0.25,
    matrix: [
      [4, 0, 0],
      [0, 1, 0],
      [2, 0, 1],
    ],
  });
});

test('a class that will be learnt from few images or none is warned of by name', async () => {
  const { statistics } = await select();
  assert.deepEqual(
    statistics.warnings.map(({ kind, class: name }) => [kind, name]),
    [
      ['class-duplicated', 'coat'],
      ['class-below-floor', 'shirt'],
    ],
  );
  const bags = await runSelection(folder, await writeShards(folder, POOL.slice(0, 5)));
  assert.deepEqual(
    bags.statistics.warnings.map(({ kind, class: name }) => [kind, name]),
    [
      ['class-unpredicted', 'coat'],
      ['class-unpredicted', 'shirt'],
    ],
  );
});

/** What each balance makes of 5 bags and 1 coat above the floor, with a quota of 4. */
const BALANCES: readonly { readonly selection: Partial<SelectionSpec>; readonly rows: number; readonly unique: number }[] = [
  { selection: { balance: 'duplicate' }, rows: 8, unique: 5 },
  { selection: { balance: 'thin' }, rows: 5, unique: 5 },
  { selection: { balance: 'none' }, rows: 6, unique: 6 },
  { selection: { balance: 'duplicate', perClass: null }, rows: 6, unique: 6 },
];

for (const { selection, ...expected } of BALANCES) {
  test(`${JSON.stringify(selection)} makes ${expected.rows} rows of ${expected.unique} images`, async () => {
    const { rows, unique } = (await select({ selection: { ...SELECTION, ...selection } })).statistics;
    assert.deepEqual({ rows, unique }, expected);
  });
}

test('statistics.json holds what is returned, and is the same bytes each time', async () => {
  const [once, again] = [await select(), await select()];
  const json = await readFile(join(once.output, 'statistics.json'), 'utf8');
  assert.deepEqual(JSON.parse(json) as SelectionStatistics, once.statistics);
  assert.equal(await readFile(join(again.output, 'statistics.json'), 'utf8'), json);
});

async function select(overrides: Parameters<typeof runSelection>[2] = {}) {
  const hidden = await writeHidden(join(folder, 'hidden'), TRUTH);
  return runSelection(folder, await writeShards(folder, POOL), { hidden, ...overrides });
}
