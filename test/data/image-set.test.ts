import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkWriter, jsonLine } from '../../lib/data/chunk-writer.js';
import { CHUNK, type Dataset, type SetName } from '../../lib/data/dataset.js';
import { readHiddenLabels } from '../../lib/data/hidden-labels.js';
import { ImageSet, readDataset } from '../../lib/data/image-set.js';
import { temporaryFolder } from './pictures.js';

/** More than one chunk of images of 2 × 2 pixels. */
const COUNT = CHUNK + 1000;
const pixelsOf = (position: number) => [position & 255, (position >> 8) & 255, position >> 16, 7];

async function writeSet(folder: string, set: SetName, count: number, { classes = ['a', 'b', 'c'], label = (i: number): number => i % 3 } = {}): Promise<void> {
  const [pixels, lines] = [new ChunkWriter(folder, set, 'pixels'), new ChunkWriter(folder, set, 'jsonl')];
  for (let i = 0; i < count; i++) {
    pixels.write(Uint8Array.from(pixelsOf(i)));
    lines.write(jsonLine({ id: `${set}/${i}`, ...(set !== 'pool' && { label: label(i) }) }));
  }
  await Promise.all([pixels.close(), lines.close()]);
  const sets = { labelled: 0, validation: 0, test: 0, pool: 0, [set]: count };
  const dataset: Dataset = { image: { size: 2, channels: 1 }, classes, mean: [0.5], std: [0.5], sets, duplicates: 0, quarantined: 0, hiddenLabels: false };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(dataset));
}

const folder = await temporaryFolder();
await writeSet(folder, 'pool', COUNT);

for (const [where, memoryBytes] of [
  ['memory', 1 << 30],
  ['the disk', 0],
] as const) {
  test(`images are read from ${where} in any order, with repeats, over chunks`, async () => {
    const pool = await ImageSet.open(folder, 'pool', { memoryBytes });
    assert.deepEqual([pool.count, pool.imageBytes], [COUNT, 4]);
    const position = fc.oneof(fc.integer({ min: 0, max: COUNT - 1 }), fc.integer({ min: CHUNK - 3, max: CHUNK + 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(position, { maxLength: 20 }), async (positions) => {
        assert.deepEqual([...(await pool.read(positions))], positions.flatMap(pixelsOf));
        assert.deepEqual(
          await pool.ids(positions),
          positions.map((at) => `pool/${at}`),
        );
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  test(`a range over two chunks is read from ${where}`, async () => {
    const pool = await ImageSet.open(folder, 'pool', { memoryBytes });
    const [from, to] = [CHUNK - 2, CHUNK + 2];
    const positions = [from, from + 1, from + 2, from + 3];
    assert.deepEqual([...(await pool.readRange(from, to))], positions.flatMap(pixelsOf));
    assert.deepEqual(
      await pool.ids(from, to),
      positions.map((at) => `pool/${at}`),
    );
    assert.equal((await pool.readRange(5, 5)).length, 0);
    await pool.close();
  });

  test(`a position outside the set is refused (${where})`, async () => {
    const pool = await ImageSet.open(folder, 'pool', { memoryBytes });
    for (const wrong of [-1, COUNT, 0.5, NaN])
      await assert.rejects(pool.read([0, wrong]), /RangeError: position .* of the pool set, which has the positions 0 to 66535/);
  });
}

test('the pool gives no labels', async () => {
  const pool = await ImageSet.open(folder, 'pool');
  assert.throws(() => pool.labels(), /the pool has no labels/);
});

test('labels are indices into the classes, over chunks', async () => {
  const labelled = await temporaryFolder();
  await writeSet(labelled, 'labelled', COUNT);
  const labels = (await ImageSet.open(labelled, 'labelled')).labels();
  assert.equal(labels.constructor, Uint8Array);
  assert.equal(labels.length, COUNT);
  assert.ok(labels.every((label, i) => label === i % 3));
});

test('more than 256 classes fit', async () => {
  const many = await temporaryFolder();
  const classes = Array.from({ length: 300 }, (_, i) => `class ${i}`);
  await writeSet(many, 'test', 300, { classes, label: (i) => i });
  assert.deepEqual(
    [...(await ImageSet.open(many, 'test')).labels()],
    classes.map((_, i) => i),
  );
});

for (const [fault, spoil] of [
  ['pixels cut short', (place: string) => truncate(join(place, 'test-00000.pixels'), 11)],
  ['a line too few', (place: string) => writeFile(join(place, 'test-00000.jsonl'), '{"id":"x","label":0}\n')],
  ['a label of no class', (place: string) => writeFile(join(place, 'test-00000.jsonl'), '{"id":"x","label":0}\n{"id":"y","label":3}\n{"id":"z","label":0}\n')],
] as const) {
  test(`${fault}: the set does not open`, async () => {
    const place = await temporaryFolder();
    await writeSet(place, 'test', 3);
    await spoil(place);
    await assert.rejects(ImageSet.open(place, 'test'), /ARTIFACT_CORRUPT .*the test set is not what dataset\.json says/);
  });
}

test('a folder that holds no data set, or no hidden labels, is named', async () => {
  const empty = await temporaryFolder();
  await assert.rejects(readDataset(empty), /ARTIFACT_MISSING .*dataset\.json/);
  await assert.rejects(readHiddenLabels(empty).next(), /ARTIFACT_MISSING .*hidden-00000\.jsonl/);
});
