import assert from 'node:assert/strict';
import { readdir, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { IdxSource } from '../../lib/data/idx.js';
import { PipelineError, type ErrorCode } from '../../lib/errors.js';
import { idxBytes, noise, temporaryFolder, writeBytes, writeIdx } from './pictures.js';

const folder = await temporaryFolder();
const images = Array.from({ length: 12 }, (_, i) => noise(i, { channels: 1 }));
const labels = [3, 1, 10, 3, 3, 1, 1, 10, 10, 3, 1, 3];

/** Closed when all tests have ended. */
function source(location: string, isLabelled = true, heldBytes?: number): IdxSource {
  const opened = new IdxSource({
    name: 'data/train',
    location,
    isLabelled,
    scratch: join(folder, `scratch-${basename(location)}`),
    ...(heldBytes !== undefined && { heldBytes }),
  });
  sources.push(opened);
  return opened;
}

const sources: IdxSource[] = [];
after(async () => {
  await Promise.all(sources.map((opened) => opened.close()));
});

async function decodeAll(location: string, size = 8, channels: 1 | 3 = 1, heldBytes?: number): Promise<number[][]> {
  const idx = source(location, true, heldBytes);
  const { records } = await idx.list();
  const pixels = await Promise.all(records.map(async (record) => idx.decode(record, { size, channels })));
  await idx.close();
  return pixels.map((image) => [...image]);
}

test('images and labels are those of the files, classes are named by their numbers in order', async () => {
  await writeIdx(join(folder, 'raw'), { images, labels });
  const idx = source(join(folder, 'raw'));
  const { records, classes, refused } = await idx.list();
  assert.deepEqual(classes, ['1', '3', '10']);
  assert.deepEqual(refused, []);
  assert.deepEqual(
    records.map(({ label }) => Number(label)),
    labels,
  );
  assert.deepEqual([records[0]!.id, records[11]!.id], ['data/train#0', 'data/train#11']);
  assert.deepEqual(
    await decodeAll(join(folder, 'raw')),
    images.map((image) => [...image]),
  );
  await idx.close();
});

test('a file too large to be held gives the same pixels, and is told when it becomes shorter', async () => {
  await writeIdx(join(folder, 'large'), { images, labels });
  assert.deepEqual(await decodeAll(join(folder, 'large'), 8, 1, 100), await decodeAll(join(folder, 'large')));
  const idx = source(join(folder, 'large'), true, 100);
  const { records } = await idx.list();
  const [file] = (await readdir(folder)).filter((name) => name.startsWith('large') && name.includes('images'));
  await truncate(join(folder, file!), 600);
  await assert.rejects(async () => idx.decode(records[11]!, { size: 8, channels: 1 }), { code: 'DATA_INVALID', message: /became shorter/ });
  await idx.close();
});

test('packed and raw files give the same pixels and the same fingerprint', async () => {
  await writeIdx(join(folder, 'packed'), { images, labels }, { packed: true });
  assert.deepEqual(await decodeAll(join(folder, 'packed')), await decodeAll(join(folder, 'raw')));
  assert.equal(await source(join(folder, 'packed')).fingerprint(), await source(join(folder, 'raw')).fingerprint());
});

test('another pixel or another label is another fingerprint', async () => {
  const changed = images.map((image, i) => (i === 11 ? image.map((value, at) => (at === 63 ? value ^ 1 : value)) : image));
  await writeIdx(join(folder, 'pixel'), { images: changed, labels });
  await writeIdx(join(folder, 'label'), { images, labels: labels.map((label, i) => (i === 11 ? label + 1 : label)) });
  const prints = await Promise.all(['raw', 'pixel', 'label'].map((name) => source(join(folder, name)).fingerprint()));
  assert.equal(new Set(prints).size, 3);
});

test('a file named .gz that is not packed any more is read as it is', async () => {
  await writeBytes(join(folder, 'unzipped-images-idx3-ubyte.gz'), idxBytes(0x803, [12, 8, 8], Buffer.concat(images)));
  await writeBytes(join(folder, 'unzipped-labels-idx1-ubyte.gz'), idxBytes(0x801, [12], Buffer.from(labels)));
  assert.deepEqual(await decodeAll(join(folder, 'unzipped')), await decodeAll(join(folder, 'raw')));
});

test('a path that ends in "test" also finds the files that begin with t10k', async () => {
  await writeIdx(join(folder, 'mnist', 't10k'), { images, labels });
  assert.equal((await source(join(folder, 'mnist', 'test')).list()).records.length, 12);
});

test('three channels repeat the one that there is', async () => {
  const [grey, rgb] = [await decodeAll(join(folder, 'raw')), await decodeAll(join(folder, 'raw'), 8, 3)];
  assert.deepEqual(
    rgb,
    grey.map((image) => image.flatMap((value) => [value, value, value])),
  );
});

for (const size of [5, 11]) {
  test(`images of 8 pixels are resized to ${size}`, async () => {
    await writeIdx(join(folder, 'flat'), { images: [new Uint8Array(64).fill(77)], labels: [1] });
    assert.deepEqual(await decodeAll(join(folder, 'flat'), size), [Array<number>(size * size).fill(77)]);
  });
}

test('labels may be missing where none are needed, as in a pool', async () => {
  await writeBytes(join(folder, 'pool-images-idx3-ubyte'), idxBytes(0x803, [12, 8, 8], Buffer.concat(images)));
  const listing = await source(join(folder, 'pool'), false).list();
  assert.deepEqual([listing.classes, listing.records.length, listing.records[0]!.label], [null, 12, null]);
});

const good = { images: idxBytes(0x803, [2, 8, 8], Buffer.alloc(128)), labels: idxBytes(0x801, [2], Buffer.from([0, 1])) };
const packed = gzipSync(noise(1, { width: 1000 }));

for (const [fault, files, message] of [
  ['a wrong magic number', { images: idxBytes(0x801, [2, 8, 8], Buffer.alloc(128)) }, /offset 0 there is 0x00000801, but must be 0x00000803/],
  ['floats instead of bytes', { images: idxBytes(0xd03, [2, 8, 8], Buffer.alloc(512)) }, /offset 0 there is 0x00000d03/],
  ['images where labels should be', { labels: good.images }, /labels-idx1-ubyte: at offset 0 there is 0x00000803, but must be 0x00000801/],
  ['a header cut short', { images: good.images.subarray(0, 11) }, /offset 11 there is the end of the file, but must be a header of 16 bytes/],
  ['no image', { images: idxBytes(0x803, [0, 8, 8], Buffer.alloc(0)) }, /offset 4 there is 0 images, but must be 1 to/],
  ['no column', { images: idxBytes(0x803, [2, 8, 0], Buffer.alloc(0)) }, /offset 12 there is 0 columns, but must be 1 to 65535/],
  [
    'pixels cut short',
    { images: good.images.subarray(0, 143) },
    /offset 143 there is the end of the file, but must be 144 bytes in all, by the header's 2 × 8 × 8/,
  ],
  ['bytes after the end', { images: Buffer.concat([good.images, Buffer.alloc(3)]) }, /offset 144 there is 3 more bytes, but must be the end of the file/],
  [
    'fewer labels than images',
    { labels: idxBytes(0x801, [1], Buffer.from([0])) },
    /labels-idx1-ubyte: at offset 4 there is 1 labels, but must be 2, one for each image/,
  ],
  ['a gzip stream cut short', { images: packed.subarray(0, -20) }, /a gzip stream that ends too early/],
  ['a damaged gzip stream', { images: packed.map((byte, i) => (i === 100 ? byte ^ 255 : byte)) }, /a gzip stream that is damaged/],
] as const) {
  test(`${fault} is reported with file, offset, what was found and what is allowed`, async () => {
    const prefix = join(folder, `fault ${fault}`);
    const content: { images: Uint8Array; labels: Uint8Array } = { ...good, ...files };
    await writeBytes(`${prefix}-images-idx3-ubyte`, content.images);
    await writeBytes(`${prefix}-labels-idx1-ubyte`, content.labels);
    const error = await rejection(source(prefix).list());
    assert.equal(error.code, 'DATA_INVALID');
    assert.match(error.message, message);
    assert.ok(error.message.includes(`${prefix}-`));
  });
}

for (const [missing, code] of [
  ['images', 'DATA_MISSING'],
  ['labels', 'DATA_MISSING'],
] as const satisfies readonly (readonly [string, ErrorCode])[]) {
  test(`a missing ${missing} file is named`, async () => {
    const prefix = join(folder, `no-${missing}`);
    const kept = missing === 'images' ? 'labels-idx1' : 'images-idx3';
    await writeBytes(`${prefix}-${kept}-ubyte`, good[missing === 'images' ? 'labels' : 'images']);
    const error = await rejection(source(prefix).list());
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`no-${missing}-${missing}-idx`));
  });
}

async function rejection(work: Promise<unknown>): Promise<PipelineError> {
  const error = await work.then(
    () => assert.fail('did not throw'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PipelineError, String(error));
  return error;
}
