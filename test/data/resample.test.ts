import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resample, type Raster } from '../../lib/data/resample.js';
import type { Interpolation } from '../../lib/models/pretrained-config.js';
import { crc32, firstChannel, sourceImage } from '../noise/source-image.js';

const golden = JSON.parse(await readFile(join(import.meta.dirname, '../golden/resize.json'), 'utf8')) as {
  values: { source: 'rgb' | 'grey'; width: number; height: number; interpolation: Interpolation; crc32: string }[];
};
const SOURCES: Readonly<Record<'rgb' | 'grey', Raster>> = { rgb: sourceImage(), grey: firstChannel(sourceImage()) };

for (const { source, width, height, interpolation, crc32: expected } of golden.values) {
  test(`${interpolation} of ${source} to ${width} × ${height} gives Pillow's bytes`, () => {
    const image = resample(SOURCES[source], width, height, interpolation);
    assert.deepEqual([image.width, image.height, image.pixels.length], [width, height, width * height * image.channels]);
    assert.equal(crc32(image.pixels), expected);
  });
}

for (const interpolation of ['bicubic', 'bilinear'] as const) {
  test(`${interpolation} to the same size keeps every byte`, () => {
    const image = sourceImage();
    assert.deepEqual(resample(image, image.width, image.height, interpolation).pixels, image.pixels);
  });

  for (const [width, height] of [
    [80, 60],
    [20, 15],
    [60, 17], // the height first
  ] as const) {
    test(`a cut of ${interpolation} to ${width} × ${height} has the bytes that the whole has there`, () => {
      const image = sourceImage();
      const whole = resample(image, width, height, interpolation);
      const cut = resample(image, width, height, interpolation, { left: 11, top: 7, width: 5, height: 4 });
      const rows = Array.from({ length: 4 }, (_, y) => [...whole.pixels.subarray(((7 + y) * width + 11) * 3, ((7 + y) * width + 16) * 3)]);
      assert.deepEqual([...cut.pixels], rows.flat());
    });
  }
}

test('where the height comes first, the width first would give other bytes', () => {
  const [width, height] = [80, 20];
  const widthFirst = resample(resample(sourceImage(), width, 47, 'bicubic'), width, height, 'bicubic');
  const heightFirst = resample(resample(sourceImage(), 61, height, 'bicubic'), width, height, 'bicubic');
  const image = resample(sourceImage(), width, height, 'bicubic');
  assert.deepEqual(image.pixels, heightFirst.pixels);
  assert.notDeepEqual(image.pixels, widthFirst.pixels);
});

test('each channel of any number of them is resized as if it were alone', () => {
  const { pixels, width } = sourceImage();
  const image = { pixels: pixels.subarray(0, width * 40 * 2), width, height: 40, channels: 2 };
  const both = resample(image, 33, 50, 'bicubic');
  for (const channel of [0, 1]) {
    const alone = resample({ pixels: image.pixels.filter((_, i) => i % 2 === channel), width, height: 40, channels: 1 }, 33, 50, 'bicubic');
    assert.deepEqual(
      both.pixels.filter((_, i) => i % 2 === channel),
      alone.pixels,
    );
  }
});

test('black and white edges are clipped, not wrapped around', () => {
  const stripes = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 12) % 2 ? 255 : 0));
  const { pixels } = resample({ pixels: stripes, width: 64, height: 64, channels: 3 }, 256, 64, 'bicubic');
  const row = [...pixels.subarray(3 * 128, 3 * 160)].filter((_, i) => i % 3 === 0);
  assert.equal(Math.max(...row), 255);
  assert.equal(Math.min(...row), 0);
  for (const [i, value] of row.entries()) if (i > 0) assert.ok(Math.abs(value - row[i - 1]!) < 128, `${row[i - 1]} → ${value}`);
});
