import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { PipelineError } from '../../lib/errors.js';
import { readSelection } from '../../lib/labels/selection-file.js';
import type { SelectionSpec } from '../../lib/spec/resolved.js';
import { CLASSES, runSelection, SELECTION, temporaryFolder, writeHidden, writeShards, type PoolImage } from './shards.js';

let folder = '';
before(async () => void (folder = await temporaryFolder()));
after(() => rm(folder, { recursive: true, force: true }));

/** Few distinct confidences, so that ties and the floor itself are met often. */
const image = fc.record({ label: fc.nat(CLASSES.length - 1), confidence: fc.constantFrom(0.2, 0.4, 0.5, 0.6, 0.7, 0.9, 1) });
const pools = fc.array(image, { minLength: 1, maxLength: 60 });
const selections = fc.record({
  confidence: fc.constantFrom(0, 0.3, 0.5, 0.7),
  perClass: fc.option(fc.integer({ min: 1, max: 25 })),
  balance: fc.constantFrom('duplicate' as const, 'thin' as const, 'none' as const),
});

test('a selection is what the rule says, whatever the pool, the quota and the seed', async () => {
  await fc.assert(
    fc.asyncProperty(pools, selections, fc.nat(), fc.integer({ min: 1, max: 5 }), async (pool, selection, seed, generation) => {
      const expected = selectPlainly(pool, selection, seed, generation);
      const shards = await writeShards(folder, pool);
      const selected = runSelection(folder, shards, { selection, seed, generation });
      if (expected.length === 0) return assert.rejects(selected, { code: 'DATASET_EMPTY' });
      const { rows } = await selected;
      assert.deepEqual(
        rows.map(({ position, copies }) => ({ position, copies })),
        expected,
      );
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('duplicating gives every predicted class exactly its quota, and no image below the floor', async () => {
  await fc.assert(
    fc.asyncProperty(pools, fc.integer({ min: 1, max: 25 }), async (pool, perClass) => {
      const confidence = 0.5;
      fc.pre(pool.some((one) => one.confidence >= confidence));
      const { rows, statistics } = await runSelection(folder, await writeShards(folder, pool), { selection: { confidence, perClass, balance: 'duplicate' } });
      for (const { position, label, confidence: kept } of rows) {
        assert.equal(label, pool[position]?.label);
        assert.ok(kept >= confidence);
      }
      for (const [label, name] of CLASSES.entries()) {
        const predicted = pool.some((one) => one.label === label && one.confidence >= confidence);
        const total = rows.filter((row) => row.label === label).reduce((sum, { copies }) => sum + copies, 0);
        assert.equal(total, predicted ? perClass : 0);
        assert.equal(statistics.classes[label]?.rows, total, name);
      }
    }),
    { numRuns: 25, seed: 2 },
  );
});

test('the bytes of a selection do not depend on how the pool was split into shards, nor on their order', async () => {
  await fc.assert(
    fc.asyncProperty(pools, fc.array(fc.nat(60), { maxLength: 4 }), async (pool, cuts) => {
      const selection: SelectionSpec = { confidence: 0, perClass: 7, balance: 'duplicate' };
      const ends = [...new Set(cuts.map((cut) => cut % pool.length))].filter((end) => end > 0).sort((a, b) => a - b);
      const whole = await runSelection(folder, await writeShards(folder, pool), { selection });
      const split = await runSelection(folder, (await writeShards(folder, pool, ends)).reverse(), { selection });
      assert.equal(split.sha256, whole.sha256);
      assert.deepEqual(split.statistics, whole.statistics);
    }),
    { numRuns: 20, seed: 3 },
  );
});

test('another seed or generation changes only which images of a short class get the odd copy', async () => {
  const pool = Array.from({ length: 40 }, (_, i): PoolImage => ({ label: i < 30 ? 0 : 1, confidence: 0.5 + i / 100 }));
  const shards = await writeShards(folder, pool);
  const selection: SelectionSpec = { confidence: 0.5, perClass: 15, balance: 'duplicate' };
  const runs = [];
  for (const { seed, generation } of [
    { seed: 1, generation: 1 },
    { seed: 2, generation: 1 },
    { seed: 1, generation: 2 },
  ]) {
    runs.push(await runSelection(folder, shards, { selection, seed, generation }));
  }
  for (const { rows } of runs) {
    assert.deepEqual(
      rows.filter(({ label }) => label === 0).map(({ position, copies }) => [position, copies]),
      Array.from({ length: 15 }, (_, i) => [15 + i, 1]),
    );
    assert.deepEqual(
      rows
        .filter(({ label }) => label === 1)
        .map(({ copies }) => copies)
        .sort(),
      [1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
    );
  }
  assert.equal(new Set(runs.map(({ sha256 }) => sha256)).size, 3);
});

test('hidden labels and the generation before change nothing of what is selected', async () => {
  const pool = Array.from({ length: 30 }, (_, i): PoolImage => ({ label: i % 2, confidence: 0.4 + i / 50 }));
  const shards = await writeShards(folder, pool);
  const hidden = await writeHidden(
    `${folder}/hidden`,
    pool.map((_, i) => i % 3),
  );
  const without = await runSelection(folder, shards);
  const withBoth = await runSelection(folder, shards, { hidden, previous: shards });
  assert.equal(withBoth.sha256, without.sha256);
  assert.notEqual(withBoth.statistics.accuracy, null);
  assert.equal(without.statistics.accuracy, null);
});

test('a selection is read back as it was chosen, in order of position', async () => {
  const pool: PoolImage[] = [
    { label: 2, confidence: 0.75, probabilities: [0.125, 0.125, 0.75] },
    { label: 0, confidence: 0.25, probabilities: [0.25, 0.375, 0.375] },
    { label: 0, confidence: 0.5, probabilities: [0.5, 0.25, 0.25] },
  ];
  const { output } = await runSelection(folder, await writeShards(folder, pool, [1]));
  assert.deepEqual(await readSelection(output), {
    positions: Uint32Array.of(0, 2),
    labels: Uint16Array.of(2, 0),
    copies: Uint32Array.of(4, 4),
    targets: Float32Array.of(0.125, 0.125, 0.75, 0.5, 0.25, 0.25),
  });
  assert.deepEqual((await readdir(output)).sort(), ['selection.parquet', 'statistics.json']);
});

test('a confidence equal to the floor in single precision is kept', async () => {
  const { rows } = await runSelection(folder, await writeShards(folder, [{ label: 0, confidence: 0.7 }]), { selection: { ...SELECTION, confidence: 0.7 } });
  assert.equal(rows.length, 1);
});

test('an empty selection says which confidence was asked for and which was found', async () => {
  const shards = await writeShards(folder, [
    { label: 0, confidence: 0.25 },
    { label: 1, confidence: 0.375 },
  ]);
  await assert.rejects(runSelection(folder, shards, { selection: { ...SELECTION, confidence: 0.9 } }), (error: unknown) => {
    assert.ok(error instanceof PipelineError);
    assert.equal(error.code, 'DATASET_EMPTY');
    assert.match(error.message, /none of the 2 pool images reaches selection\.confidence 0\.9; the highest confidence found is 0\.3750/);
    assert.deepEqual(error.evidence, { confidence: 0.9, highest: 0.375, images: 2 });
    return true;
  });
  await assert.rejects(runSelection(folder, []), { code: 'DATASET_EMPTY' });
});

/** What is wrong with the shards, and what the error names. */
const DAMAGED: readonly { readonly name: string; readonly shards: () => Promise<string[]>; readonly code: string; readonly message: RegExp }[] = [
  {
    name: 'a label outside the classes',
    shards: () => writeShards(folder, [{ label: 3, confidence: 0.9 }]),
    code: 'ARTIFACT_CORRUPT',
    message: /pool image 0: a label must be below 3/,
  },
  {
    name: 'a confidence that is no number',
    shards: () =>
      writeShards(folder, [
        { label: 1, confidence: 0.9 },
        { label: 1, confidence: NaN },
      ]),
    code: 'ARTIFACT_CORRUPT',
    message: /pool image 1/,
  },
  {
    name: 'too few probabilities',
    shards: () => writeShards(folder, [{ label: 0, confidence: 0.9 }], [], 2),
    code: 'ARTIFACT_CORRUPT',
    message: /there must be 3 probabilities/,
  },
  {
    name: 'a shard that is there twice',
    shards: async () => (await writeShards(folder, [{ label: 0, confidence: 0.9 }])).flatMap((path) => [path, path]),
    code: 'ARTIFACT_CORRUPT',
    message: /2 labels for the pool images 0 to 0/,
  },
  {
    name: 'a shard that is missing',
    shards: async () => (await writeShards(folder, Array<PoolImage>(6).fill({ label: 0, confidence: 0.9 }), [2, 4])).toSpliced(1, 1),
    code: 'ARTIFACT_CORRUPT',
    message: /4 labels for the pool images 0 to 5/,
  },
  { name: 'a file that is gone', shards: async () => [`${folder}/none.parquet`], code: 'ARTIFACT_MISSING', message: /none\.parquet/ },
  { name: 'a file that is not Parquet', shards: async () => [import.meta.filename], code: 'ARTIFACT_CORRUPT', message: /select\.test\.ts/ },
];

for (const { name, shards, code, message } of DAMAGED) {
  test(`refuses ${name}`, async () => assert.rejects(runSelection(folder, await shards()), { code, message }));
}

/** The rule once more, without a database. */
function selectPlainly(
  pool: readonly PoolImage[],
  { confidence, perClass, balance }: SelectionSpec,
  seed: number,
  generation: number,
): { position: number; copies: number }[] {
  const above = pool.map((one, position) => ({ ...one, position })).filter((one) => Math.fround(one.confidence) >= Math.fround(confidence));
  const chosen = CLASSES.flatMap((_, label) => {
    const images = above.filter((one) => one.label === label).sort((a, b) => b.confidence - a.confidence || a.position - b.position);
    if (perClass === null || balance === 'none') return images.map(({ position }) => ({ position, copies: 1 }));
    if (images.length >= perClass || balance === 'thin') return images.slice(0, perClass).map(({ position }) => ({ position, copies: 1 }));
    const lot = (position: number) => createHash('sha256').update(`${seed}:${generation}:select:duplicate:${position}`).digest('hex');
    const drawn = images.map(({ position }) => ({ position, lot: lot(position) })).sort((a, b) => (a.lot < b.lot ? -1 : 1));
    return drawn.map(({ position }, place) => ({ position, copies: Math.floor(perClass / images.length) + (place < perClass % images.length ? 1 : 0) }));
  });
  return chosen.sort((a, b) => a.position - b.position);
}
