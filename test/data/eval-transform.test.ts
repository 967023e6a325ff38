import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DataConfig } from '../../lib/data/data-config.js';
import { evalCrop, normalisePixels } from '../../lib/data/eval-transform.js';
import type { Raster } from '../../lib/data/resample.js';
import { crc32, firstChannel, sourceImage } from '../noise/source-image.js';

interface Row extends Pick<DataConfig, 'inputSize' | 'cropPct' | 'cropMode' | 'interpolation'> {
  readonly source: keyof typeof SOURCES;
  readonly crop: string;
  readonly normalised: string;
  readonly sum: number;
  readonly middle: readonly number[];
}

const SOURCES = { landscape: sourceImage(), portrait: transposed(sourceImage()), grey: firstChannel(sourceImage()) };
const STATISTICS = {
  1: { mean: [0.449], std: [0.226] },
  3: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
} as const;

const golden = JSON.parse(await readFile(join(import.meta.dirname, '../golden/eval-transform.json'), 'utf8')) as { values: Row[] };

for (const { source, inputSize, cropPct, cropMode, interpolation, crop, normalised, sum, middle } of golden.values) {
  test(`${cropMode} of ${source} to ${inputSize.join(' × ')}, ${interpolation}, crop ${cropPct}: timm's bytes`, () => {
    const [channels, height, width] = inputSize;
    const config = { inputSize, cropPct, cropMode, interpolation, ...STATISTICS[channels as 1 | 3] };
    const image = evalCrop(SOURCES[source], config);
    assert.deepEqual([image.height, image.width, image.channels], [height, width, channels]);
    assert.equal(crc32(image.pixels), crop);
    const numbers = normalisePixels(image, config.mean, config.std); // [height, width, channels]
    const centre = (Math.floor(height / 2) * width + Math.floor(width / 2)) * channels;
    for (const [i, value] of middle.entries()) assert.ok(Math.abs(numbers[centre + i]! - value) < 1e-6, `${numbers[centre + i]} for ${value}`);
    const total = numbers.reduce((all, value) => all + value, 0);
    assert.ok(Math.abs(total - sum) < 1e-6 * Math.max(1, Math.abs(sum)), `${total} for ${sum}`);
    assert.equal(crc32(new Uint8Array(numbers.buffer)), normalised);
  });
}

/** timm 1.0.29 with Pillow 9.4.0: bicubic, crop .875, channels first. */
test('the transform that an older timm printed', () => {
  const config = { inputSize: [3, 32, 32], cropPct: 0.875, cropMode: 'center', interpolation: 'bicubic', ...STATISTICS[3] } as const;
  const numbers = normalisePixels(evalCrop(sourceImage(), config), config.mean, config.std); // [32, 32, 3]
  const sum = numbers.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - 640.2369) < 5e-5, `${sum}`);
  const at = (y: number, x: number) => [...numbers.subarray((32 * y + x) * 3, (32 * y + x) * 3 + 3)].map((value) => value.toFixed(6));
  assert.deepEqual(at(0, 0), ['-1.227417', '-1.335434', '-0.776122']);
  assert.deepEqual(at(15, 16), ['0.108314', '-0.004902', '0.269630']);
});

test('an image far longer than wide is resized only where the crop keeps it', () => {
  const image = { pixels: new Uint8Array(200_000).fill(7), width: 1, height: 200_000, channels: 1 };
  const crop = evalCrop(image, { inputSize: [1, 224, 224], cropPct: 0.875, cropMode: 'center', interpolation: 'bicubic', mean: [0], std: [1] });
  assert.deepEqual(crop.pixels, new Uint8Array(224 * 224).fill(7));
});

test('a thread so thin that nothing would be left of it keeps one pixel', () => {
  const image = { pixels: new Uint8Array(3000).fill(9), width: 1000, height: 1, channels: 3 };
  const crop = evalCrop(image, { inputSize: [3, 8, 8], cropPct: 1, cropMode: 'border', interpolation: 'bilinear', mean: [0, 0.5, 1], std: [1, 1, 1] });
  const rows = Array.from({ length: 8 }, (_, y) => [...crop.pixels.subarray(24 * y, 24 * y + 3)]);
  assert.deepEqual(
    rows.map((row) => row.join()),
    ['0,128,255', '0,128,255', '0,128,255', '9,9,9', '0,128,255', '0,128,255', '0,128,255', '0,128,255'],
  );
});

test('an image of another number of channels is refused', () => {
  const config = { inputSize: [3, 8, 8], cropPct: 1, cropMode: 'center', interpolation: 'bicubic', ...STATISTICS[3] } as const;
  assert.throws(() => evalCrop(SOURCES.grey, config), /COMMAND_INVALID the image has 1 channels, but inputSize is \[3,8,8\]/);
  assert.throws(() => normalisePixels(SOURCES.grey, [0, 0, 0], [1, 1, 1]), /COMMAND_INVALID the image has 1 channels, but there are 3 means and 3 stds/);
});

function transposed({ pixels, width, height, channels }: Raster): Raster {
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out.set(pixels.subarray((y * width + x) * channels, (y * width + x + 1) * channels), (x * height + y) * channels);
  }
  return { pixels: out, width: height, height: width, channels };
}
