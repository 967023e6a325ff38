import assert from 'node:assert/strict';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHiddenLabels } from '../../lib/data/hidden-labels.js';
import { ImageSet } from '../../lib/data/image-set.js';
import { datasetFingerprint, prepareDataset, type PreparedDataset } from '../../lib/data/prepare.js';
import { PipelineError } from '../../lib/errors.js';
import type { DataSpec } from '../../lib/spec/resolved.js';
import { contents, dataSpec, jpeg, lines, noise, temporaryFolder, writeBytes, writeClasses, writeIdx, writePicture } from './pictures.js';

interface Prepared {
  readonly dataset: PreparedDataset;
  readonly output: string;
  readonly hidden: string;
}

/** Paths of the spec are looked up below `root`. */
async function prepare(
  root: string,
  data: DataSpec,
  { seed = 1, ...work }: { seed?: number; threads?: number; signal?: AbortSignal; onProgress?: (progress: { step: number; of: number }) => void } = {},
): Promise<Prepared> {
  const [output, hidden] = [await temporaryFolder(), await temporaryFolder()];
  return { dataset: await prepareDataset({ data, seed, locations: locate(root, data), output, hiddenOutput: hidden, ...work }), output, hidden };
}

function locate(root: string, { labelled, validation, unlabelled, test: testSet }: DataSpec): Record<string, string> {
  return Object.fromEntries([labelled, validation, unlabelled, testSet].map(({ path }) => [path, join(root, path)]));
}

async function rejection(work: Promise<unknown>): Promise<PipelineError> {
  const error = await work.then(
    () => assert.fail('did not throw'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PipelineError, String(error));
  return error;
}

/** 3 classes of 10 images in `train`, of 2 in `test`, all different. */
async function animals(): Promise<string> {
  const place = await temporaryFolder();
  await cp(root, place, { recursive: true });
  return place;
}

const root = await temporaryFolder();
await writeClasses(join(root, 'train'), ['cat', 'dog', 'owl'], 10);
await writeClasses(join(root, 'test'), ['cat', 'dog', 'owl'], 2, 1000);

const ONE_SOURCE = dataSpec({ labelled: 'folder train 3', validation: 'folder train 2', unlabelled: 'folder train', test: 'folder test' });

test('sets of one folder are disjoint, balanced and hold the pixels of their files', async () => {
  const { dataset, output } = await prepare(root, ONE_SOURCE);
  assert.deepEqual(dataset.sets, { labelled: 9, validation: 6, test: 6, pool: 15 });
  assert.deepEqual([dataset.classes, dataset.hiddenLabels, dataset.duplicates, dataset.quarantined], [['cat', 'dog', 'owl'], true, 0, 0]);
  const expected = new Map<string, { c: number; pixels: Uint8Array }>(
    ['cat', 'dog', 'owl'].flatMap((name, c) => Array.from({ length: 10 }, (_, i) => [`train/${name}/${i}.png`, { c, pixels: noise(10 * c + i) }] as const)),
  );
  for (const set of ['labelled', 'validation'] as const) {
    const images = await ImageSet.open(output, set);
    const [pixels, labels] = [await images.readRange(0, images.count), images.labels()];
    for (const [i, id] of (await images.ids(0, images.count)).entries()) {
      assert.equal(labels[i], expected.get(id)!.c);
      assert.deepEqual(pixels.subarray(192 * i, 192 * (i + 1)), expected.get(id)!.pixels);
      expected.delete(id);
    }
  }
  const pool = await ImageSet.open(output, 'pool');
  const left = new Set([...expected.values()].map(({ pixels }) => Buffer.from(pixels).toString('hex')));
  const pixels = await pool.readRange(0, 15);
  for (let i = 0; i < 15; i++) assert.ok(left.delete(Buffer.from(pixels.subarray(192 * i, 192 * (i + 1))).toString('hex')));
});

test('neither lines nor ids of the pool tell a class; the hidden labels tell it, and the file', async () => {
  const { output, hidden } = await prepare(root, ONE_SOURCE);
  const pool = await lines<Record<string, unknown>>(output, 'pool-00000.jsonl');
  const truth = await lines<{ id: string; label: number; file: string }>(hidden, 'hidden-00000.jsonl');
  assert.equal(pool.length, 15);
  for (const line of pool) {
    assert.deepEqual(Object.keys(line), ['id']);
    assert.match(String(line['id']), /^train\/[0-9a-f]{20}$/);
  }
  assert.deepEqual(
    truth.map(({ id }) => id),
    pool.map(({ id }) => id),
  );
  for (const { label, file } of truth) assert.equal(file.split('/')[1], ['cat', 'dog', 'owl'][label]);
  for await (const chunk of readHiddenLabels(hidden))
    assert.deepEqual(
      [...chunk],
      truth.map(({ id, label }) => [id, label]),
    );
});

test('the same inputs give the same bytes with one thread and with many, and wherever they are', async () => {
  const [here, elsewhere] = [await animals(), await animals()];
  for (const place of [here, elsewhere]) await writeBytes(join(place, 'train/owl/broken.png'), 'text');
  const data = { ...ONE_SOURCE, corruptShare: 0.5 };
  const [one, many] = [await prepare(here, data, { threads: 1 }), await prepare(elsewhere, data, { threads: 3 })];
  assert.deepEqual(await contents(many.output), await contents(one.output));
  assert.deepEqual(await contents(many.hidden), await contents(one.hidden));
  assert.deepEqual(Object.keys(await contents(one.output)), [
    'dataset.json', 'duplicates.jsonl',
    'labelled-00000.jsonl', 'labelled-00000.pixels', 'pool-00000.jsonl', 'pool-00000.pixels',
    'quarantine.jsonl',
    'test-00000.jsonl', 'test-00000.pixels', 'validation-00000.jsonl', 'validation-00000.pixels',
  ]); // prettier-ignore
});

test('another seed draws other images', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(async (seed) => (await contents((await prepare(root, ONE_SOURCE, { seed })).output))['labelled-00000.jsonl']),
  );
  assert.notEqual(one, two);
});

test('truncated JPEG, text named .png, empty file and directory loop are listed with reasons, and the rest is prepared', async () => {
  const place = await animals();
  await mkdir(join(place, 'pool/deep'), { recursive: true });
  for (let i = 0; i < 5; i++) await writePicture(join(place, `pool/deep/${i}.png`), noise(2000 + i));
  await writeBytes(join(place, 'pool/truncated.jpg'), (await jpeg(1, { width: 64, height: 64 })).subarray(0, 1500));
  await writeBytes(join(place, 'pool/text.png'), 'not an image');
  await writeBytes(join(place, 'pool/deep/zero.jpg'), '');
  await symlink('..', join(place, 'pool/deep/loop'));
  const data = dataSpec({ labelled: 'folder train 3', validation: 'folder train 2', unlabelled: 'folder pool', test: 'folder test' }, { corruptShare: 0.4 });
  const { dataset, output, hidden } = await prepare(place, data);
  assert.deepEqual([dataset.sets.pool, dataset.quarantined, dataset.hiddenLabels], [5, 4, false]);
  assert.deepEqual(dataset.report.pool, { images: 5, tried: 8, quarantined: 4, duplicates: 0, ignored: {} });
  const reasons = Object.fromEntries(
    (await lines<{ id: string; set: string; reason: string }>(output, 'quarantine.jsonl')).map(({ id, set, reason }) => [`${set} ${id}`, reason]),
  );
  assert.equal(Object.keys(reasons).length, 4);
  assert.match(reasons['pool pool/truncated.jpg']!, /^the JPEG file is cut short/);
  assert.match(reasons['pool pool/text.png']!, /^the file is text that begins with "not an image"/);
  assert.equal(reasons['pool pool/deep/zero.jpg'], 'the file is empty (0 bytes)');
  assert.equal(reasons['pool pool/deep/loop'], 'directory loop: the link leads back to the folder itself that holds it');
  assert.deepEqual(await readdir(hidden), []);
});

test('what a folder refuses is listed once, though several sets read it', async () => {
  const place = await animals();
  await symlink('..', join(place, 'train/cat/loop'));
  const { dataset, output } = await prepare(place, ONE_SOURCE);
  assert.equal(dataset.quarantined, 1);
  assert.deepEqual(
    (await lines<{ id: string; set: string }>(output, 'quarantine.jsonl')).map(({ id, set }) => [id, set]),
    [['train/cat/loop', 'labelled']],
  );
});

test('more unreadable files than allowed fail the set with counts and the first files; a directory loop is no unreadable file', async () => {
  const place = await animals();
  for (let i = 0; i < 8; i++) await writePicture(join(place, `pool/${i}.png`), noise(2000 + i));
  for (const name of ['x.png', 'y.png']) await writeBytes(join(place, 'pool', name), 'text');
  await symlink('.', join(place, 'pool/loop'));
  const data = dataSpec({ labelled: 'folder train 3', validation: 'folder train 2', unlabelled: 'folder pool', test: 'folder test' });
  const error = await rejection(prepare(place, { ...data, corruptShare: 0.19 }));
  assert.equal(error.code, 'DATA_CORRUPT');
  assert.match(error.message, /data\.unlabelled \(pool\): 2 of 10 files are unreadable \(20 %\), but data\.corruptShare allows 19 %/);
  assert.match(error.message, /pool\/[xy]\.png: the file is text/);
  assert.equal((await prepare(place, { ...data, corruptShare: 0.2 })).dataset.quarantined, 3);
});

test('an unreadable image of a quota is replaced by the next of its class', async () => {
  const place = await animals();
  for (let i = 0; i < 20; i++) await writeBytes(join(place, `train/cat/broken${i}.png`), 'text');
  const { dataset, output } = await prepare(place, { ...ONE_SOURCE, corruptShare: 1 });
  assert.deepEqual([dataset.sets.labelled, dataset.sets.validation, dataset.sets.pool, dataset.quarantined], [9, 6, 15, 20]);
  for (const set of ['labelled', 'validation'] as const) {
    const labels = (await ImageSet.open(output, set)).labels();
    for (const c of [0, 1, 2]) assert.equal(labels.filter((label) => label === c).length, set === 'labelled' ? 3 : 2);
  }
});

test('the pool has no image of another set, whatever its file is called', async () => {
  const place = await animals();
  await cp(join(place, 'train/cat/0.png'), join(place, 'pool/labelled twin.png'));
  await cp(join(place, 'test/owl/1.png'), join(place, 'pool/test twin.png'));
  await writePicture(join(place, 'pool/lossless twin.webp'), noise(5));
  for (let i = 0; i < 4; i++) await writePicture(join(place, `pool/${i}.png`), noise(3000));
  await cp(join(place, 'train/dog/0.png'), join(place, 'test/dog/again.png'));
  const data = dataSpec({ labelled: 'folder train', validation: 'folder test 1', unlabelled: 'folder pool', test: 'folder test' });
  const { dataset, output } = await prepare(place, data);
  const found = await lines<{ id: string; set: string; same: { id: string; set: string }; dropped: boolean }>(output, 'duplicates.jsonl');
  const dropped = found.filter((line) => line.dropped);
  assert.deepEqual(dropped.map(({ id, set }) => `${set} ${id}`).sort(), [
    'pool pool/labelled twin.png',
    'pool pool/lossless twin.webp',
    'pool pool/test twin.png',
  ]);
  assert.deepEqual(
    dropped
      .map(({ same }) => same.id)
      .sort()
      .slice(1),
    ['train/cat/0.png', 'train/cat/5.png'],
  );
  assert.deepEqual(
    found.filter((line) => !line.dropped).map(({ id, same }) => [id, same]),
    [['test/dog/again.png', { id: 'train/dog/0.png', set: 'labelled' }]],
  );
  assert.equal(dataset.duplicates, 4);
  // Twins within the pool are no matter of two sets.
  assert.deepEqual([dataset.sets.pool, dataset.report.pool.duplicates], [4, 3]);

  const hashes = async (set: 'labelled' | 'validation' | 'test' | 'pool') => {
    const images = await ImageSet.open(output, set);
    const pixels = await images.readRange(0, images.count);
    return Array.from({ length: images.count }, (_, i) => Buffer.from(pixels.subarray(192 * i, 192 * (i + 1))).toString('hex'));
  };
  const pool = new Set(await hashes('pool'));
  for (const set of ['labelled', 'validation', 'test'] as const) assert.ok((await hashes(set)).every((hash) => !pool.has(hash)));
});

test('a pool folder around the labelled folder leaves out what other sets took, by path', async () => {
  const place = await temporaryFolder();
  await writeClasses(join(place, 'all/train'), ['cat', 'dog'], 5);
  await writeClasses(join(place, 'all/test'), ['cat', 'dog'], 2, 1000);
  await writePicture(join(place, 'all/more/1.png'), noise(2000));
  const data = dataSpec({ labelled: 'folder all/train 2', validation: 'folder all/train 1', unlabelled: 'folder all', test: 'folder all/test' });
  const { dataset, output } = await prepare(place, data);
  assert.deepEqual([dataset.sets.pool, dataset.duplicates, dataset.hiddenLabels], [10 - 6 + 1, 0, false]);
  assert.ok((await lines<{ id: string }>(output, 'pool-00000.jsonl')).some(({ id }) => id === 'all/more/1.png'));
});

test('mean and deviation are those of the labelled set, in float32, unless given', async () => {
  const { dataset, output } = await prepare(root, ONE_SOURCE);
  const labelled = await (await ImageSet.open(output, 'labelled')).readRange(0, 9);
  for (const c of [0, 1, 2]) {
    const values = [...labelled].filter((_, i) => i % 3 === c).map((value) => value / 255);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    assert.ok(Math.abs(dataset.mean[c]! - mean) < 1e-7 && Math.abs(dataset.std[c]! - std) < 1e-7);
    assert.equal(Math.fround(dataset.mean[c]!), dataset.mean[c]);
  }
  const given = await prepare(root, { ...ONE_SOURCE, image: { size: 8, channels: 3, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } });
  assert.deepEqual(
    [given.dataset.mean, given.dataset.std],
    [
      [0.1, 0.2, 0.3],
      [0.4, 0.5, 0.6],
    ],
  );
});

test('a labelled set of one colour cannot be normalised, and that is said', async () => {
  const place = await temporaryFolder();
  const labels = [0, 1, 0, 1];
  await writeIdx(join(place, 'train'), { images: labels.map(() => new Uint8Array(64)), labels });
  await writeIdx(join(place, 'pool'), { images: labels.map((_, i) => noise(i, { channels: 1 })), labels });
  const data = dataSpec(
    { labelled: 'idx train 1', validation: 'idx train 1', unlabelled: 'idx pool', test: 'idx pool 1' },
    { image: { size: 8, channels: 1, mean: null, std: null } },
  );
  await assert.rejects(prepare(place, data), /DATA_INVALID data\.labelled \(train\): channel 0 has the same value in all pixels/);
});

test('IDX sets: pool ids are numbers, hidden labels follow the same order', async () => {
  const place = await temporaryFolder();
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const images = labels.map((_, i) => noise(i, { channels: 1 }));
  await writeIdx(join(place, 'train'), { images, labels }, { packed: true });
  await writeIdx(join(place, 'test'), { images: images.map((image) => image.map((value) => value ^ 1)), labels });
  const data = dataSpec(
    { labelled: 'idx train 3', validation: 'idx train 2', unlabelled: 'idx train 6', test: 'idx test' },
    { image: { size: 8, channels: 1, mean: null, std: null } },
  );
  const { dataset, output, hidden } = await prepare(place, data);
  assert.deepEqual(dataset.sets, { labelled: 6, validation: 4, test: 40, pool: 12 });
  const truth = await lines<{ id: string; label: number }>(hidden, 'hidden-00000.jsonl');
  const pool = await ImageSet.open(output, 'pool');
  const pixels = await pool.readRange(0, 12);
  for (const [i, id] of (await pool.ids(0, 12)).entries()) {
    const number = Number(id.replace('train#', ''));
    assert.deepEqual(truth[i], { id, label: labels[number] });
    assert.deepEqual(pixels.subarray(64 * i, 64 * (i + 1)), images[number]);
  }
  assert.deepEqual(
    [0, 1].map((label) => truth.filter((line) => line.label === label).length),
    [6, 6],
  );
});

for (const [fault, sets, code, message] of [
  [
    'too few of a class',
    { validation: 'folder train 9' },
    'DATA_INVALID',
    /data\.validation \(train\) has 7 images of class "cat", 7 images of class "dog".* wants 9 \(perClass\)/,
  ],
  ['an empty class', { labelled: 'folder hollow' }, 'DATASET_EMPTY', /data\.labelled \(hollow\) has 0 images of class "owl"/],
  ['nothing left for a set', { labelled: 'folder train' }, 'DATASET_EMPTY', /data\.validation \(train\) has 0 images of class "cat"/],
  ['nothing left for the pool', { unlabelled: 'folder none' }, 'DATASET_EMPTY', /data\.unlabelled \(none\) has no image/],
  [
    'other classes in the test set',
    { test: 'folder other' },
    'CLASSES_DIFFER',
    /data\.test \(other\) lacks "owl" and has "bee" besides; it must have the classes of data\.labelled \(train\): "cat", "dog", "owl"/,
  ],
  ['a single class', { labelled: 'folder single' }, 'DATA_INVALID', /data\.labelled \(single\) has 1 class \("train"\), but must have 2 to 65,536/],
  ['a quota of a pool without labels', { unlabelled: 'folder other 1' }, 'DATA_INVALID', /data\.unlabelled \(other\) has no labels, but perClass is 1/],
  ['a path that is not there', { test: 'folder gone' }, 'DATA_MISSING', /gone is not there/],
] as const) {
  test(`${fault} is reported as ${code}`, async () => {
    const place = await animals();
    await writeClasses(join(place, 'hollow'), ['cat', 'dog'], 3, 500);
    await mkdir(join(place, 'hollow/owl'));
    await mkdir(join(place, 'none'));
    await writeClasses(join(place, 'other'), ['bee', 'cat', 'dog'], 2, 700);
    await writePicture(join(place, 'single/train/cat/1.png'), noise(1));
    const standard = { labelled: 'folder train 3', validation: 'folder train 2', unlabelled: 'folder train', test: 'folder test' };
    const data = dataSpec({ ...standard, ...sets });
    const error = await rejection(prepare(place, data));
    assert.equal(error.code, code);
    assert.match(error.message, message);
  });
}

test('progress grows to its end, and an abort ends the work', async () => {
  const place = await temporaryFolder();
  const labels = Array.from({ length: 400 }, (_, i) => i % 2);
  await writeIdx(join(place, 'train'), { images: labels.map((_, i) => noise(i, { channels: 1 })), labels });
  const data = dataSpec(
    { labelled: 'idx train 3', validation: 'idx train 2', unlabelled: 'idx train', test: 'idx train 5' },
    { image: { size: 8, channels: 1, mean: null, std: null } },
  );
  const seen: { step: number; of: number }[] = [];
  await prepare(place, data, { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(seen.at(-1), { step: 400, of: 400 });
  assert.deepEqual(
    seen.map(({ step }) => step),
    [...seen.map(({ step }) => step)].sort((a, b) => a - b),
  );
  assert.ok(seen.every(({ of }) => of === 400));

  const controller = new AbortController();
  const stopped = prepare(place, data, { signal: controller.signal, onProgress: () => controller.abort(new Error('stop')) });
  await assert.rejects(stopped, /^Error: stop$/);
});

test('the fingerprint of the data set follows every set, and which sets share a place', async () => {
  const place = await animals();
  const print = (data: DataSpec, at = place) => datasetFingerprint(data, locate(at, data));
  const first = await print(ONE_SOURCE);
  const copy = await temporaryFolder();
  await cp(place, copy, { recursive: true });
  assert.equal(await print(ONE_SOURCE, copy), first);
  await cp(join(place, 'train'), join(place, 'twin'), { recursive: true });
  const apart = await print({ ...ONE_SOURCE, unlabelled: { ...ONE_SOURCE.unlabelled, path: 'twin' } });
  await writePicture(join(place, 'test/cat/new.png'), noise(1));
  assert.equal(new Set([first, apart, await print(ONE_SOURCE)]).size, 3);
});
