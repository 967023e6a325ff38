import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resizeBicubic } from '../../lib/data/bicubic.js';
import { crc32, sourceImage } from '../noise/source-image.js';

const golden = JSON.parse(await readFile(join(import.meta.dirname, '../golden/resize.json'), 'utf8')) as {
  values: { width: number; height: number; crc32: string }[];
};

for (const { width, height, crc32: expected } of golden.values) {
  test(`bicubic to ${width} × ${height} gives Pillow's bytes`, () => {
    const image = resizeBicubic(sourceImage(), width, height);
    assert.deepEqual([image.width, image.height, image.pixels.length], [width, height, width * height * 3]);
    assert.equal(crc32(image.pixels), expected);
  });
}

test('bicubic to the same size keeps every byte', () => {
  const image = sourceImage();
  assert.deepEqual(resizeBicubic(image, image.width, image.height).pixels, image.pixels);
});

test('a cut of the result has the bytes that the whole has there', () => {
  const image = sourceImage();
  const whole = resizeBicubic(image, 80, 60);
  const cut = resizeBicubic(image, 80, 60, { left: 11, top: 7, width: 5, height: 4 });
  const rows = Array.from({ length: 4 }, (_, y) => [...whole.pixels.subarray(((7 + y) * 80 + 11) * 3, ((7 + y) * 80 + 16) * 3)]);
  assert.deepEqual([...cut.pixels], rows.flat());
});
