import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DataConfig } from '../../lib/data/data-config.js';
import { evalCrop } from '../../lib/data/eval-transform.js';
import { imageBatches, type ImageBatch, type ImageBatchesOptions } from '../../lib/data/image-batches.js';
import { openImage } from '../../lib/data/open-image.js';
import { jpeg, noise, temporaryFolder, writeBytes, writePicture } from './pictures.js';

const folder = await temporaryFolder();
const CONFIG: DataConfig = { inputSize: [3, 12, 10], interpolation: 'bicubic', mean: [0, 0, 0], std: [1, 1, 1], cropPct: 0.875, cropMode: 'center' };
const SIZE = 3 * 12 * 10;

const names = Array.from({ length: 11 }, (_, i) => join(folder, `${i}.${i % 2 ? 'jpg' : 'png'}`));
for (const [i, file] of names.entries()) {
  if (i % 2) await writeBytes(file, await jpeg(i, { width: 30 + i, height: 24 }));
  else await writePicture(file, noise(i, { width: 20, height: 30 + i }), { width: 20, height: 30 + i });
}
const broken = [join(folder, 'broken.jpg'), join(folder, 'gone.png')];
await writeBytes(broken[0]!, (await jpeg(99, { width: 40, height: 40 })).subarray(0, 300));
const files = [...names.slice(0, 3), broken[0]!, ...names.slice(3, 8), broken[1]!, ...names.slice(8)];

for (const [batch, threads, readAheadBytes] of [
  [4, 2, undefined],
  [1, 3, undefined],
  [100, 2, undefined],
  [3, 1, 1],
] as const) {
  test(`every image comes in order with the pixels it has alone: batches of ${batch}, ${threads} threads`, async () => {
    const batches = await all(files, { batch, threads, readAheadBytes });
    assert.deepEqual(
      batches.map((some) => some.files.length + some.refused.length),
      Array.from({ length: Math.ceil(files.length / batch) }, (_, i) => Math.min(batch, files.length - i * batch)),
    );
    assert.deepEqual(
      batches.flatMap((some) => some.files),
      names,
    );
    for (const { files: taken, pixels } of batches) {
      assert.equal(pixels.length, taken.length * SIZE); // uint8 [n, 12, 10, 3]
      for (const [i, file] of taken.entries()) {
        assert.deepEqual(pixels.slice(i * SIZE, (i + 1) * SIZE), new Uint8Array(evalCrop(await openImage(file), CONFIG).pixels));
      }
    }
    assert.deepEqual(
      batches.flatMap(({ refused }) => refused),
      [
        { file: broken[0], reason: 'the JPEG file is cut short' },
        { file: broken[1], reason: 'it does not exist, or its name cannot be read' },
      ],
    );
  });
}

test('the threads tell how long they decoded and transformed', async () => {
  for (const { decodeMs, transformMs } of await all(names, { batch: 6, threads: 1 })) {
    assert.ok(decodeMs > 0 && decodeMs < 60_000, `${decodeMs}`);
    assert.ok(transformMs > 0 && transformMs < 60_000, `${transformMs}`);
  }
});

test('images are turned upright, or not, as asked; and may be grey', async () => {
  const file = join(folder, 'turned.png');
  await writePicture(file, noise(7, { width: 20, height: 40 }), { width: 20, height: 40, orientation: 6 });
  const grey: DataConfig = { ...CONFIG, inputSize: [1, 12, 10], mean: [0], std: [1] };
  for (const upright of [true, false]) {
    const [batch] = await all([file], { batch: 1, threads: 1, upright }, grey);
    assert.deepEqual(batch!.pixels, evalCrop(await openImage(file, { channels: 1, upright }), grey).pixels);
  }
});

test('no files are no batch', async () => {
  assert.deepEqual(await all([], { batch: 2, threads: 2 }), []);
});

test('a batch in which every file is refused still comes', async () => {
  const [batch] = await all(broken, { batch: 2, threads: 1 });
  assert.deepEqual([batch!.files, batch!.pixels.length, batch!.refused.length], [[], 0, 2]);
});

test('a disk that cannot be read is an error, not a refused file', { skip: process.platform !== 'linux' && '/proc/self/mem is of Linux' }, async () => {
  await assert.rejects(all([names[0]!, '/proc/self/mem', names[1]!], { batch: 3, threads: 1 }), /^Error: \/proc\/self\/mem: EIO/);
});

test('an abort ends the work with its reason', async () => {
  const aborter = new AbortController();
  const batches = imageBatches(files, CONFIG, { batch: 1, threads: 1, signal: aborter.signal });
  assert.equal((await batches.next()).done, false);
  const next = batches.next();
  aborter.abort(new Error('enough'));
  // What was ready before the abort may still come.
  await assert.rejects(async () => {
    await next;
    for await (const _ of batches) assert.ok(aborter.signal.aborted);
  }, /enough/);
  await assert.rejects(all(files, { batch: 1, threads: 1, signal: aborter.signal }), /enough/);
});

test('whoever stops early is not followed by an error', async () => {
  for await (const batch of imageBatches(files, CONFIG, { batch: 1, threads: 1 })) {
    assert.equal(batch.files[0], names[0]);
    break;
  }
});

for (const [claim, options, config, message] of [
  ['no image per batch', { batch: 0, threads: 1 }, CONFIG, /batch is 0, but must be a whole number from 1/],
  ['half a thread', { batch: 1, threads: 0.5 }, CONFIG, /threads is 0.5/],
  ['four channels', { batch: 1, threads: 1 }, { ...CONFIG, inputSize: [4, 12, 10] }, /inputSize is \[4,12,10\], but an image file gives 1 or 3 channels/],
] as const) {
  test(`${claim} are refused before a thread starts`, async () => {
    await assert.rejects(all(files, options, config as DataConfig), message);
  });
}

test.after(() => rm(folder, { recursive: true }));

async function all(paths: readonly string[], options: ImageBatchesOptions, config = CONFIG): Promise<ImageBatch[]> {
  const batches: ImageBatch[] = [];
  for await (const batch of imageBatches(paths, config, options)) batches.push(batch);
  return batches;
}
