import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { augmentImage } from '../../lib/noise/augment.js';
import { crop } from '../../lib/noise/crop.js';
import { flipHorizontally } from '../../lib/noise/flip.js';
import { randAugment } from '../../lib/noise/rand-augment.js';
import { randomKey, stream } from '../../lib/noise/random.js';
import { emptyTally, measuredNoise, mergeTallies } from '../../lib/noise/tally.js';
import type { NoiseSpec } from '../../lib/spec/resolved.js';
import { graySourceImage } from './source-image.js';

const key = randomKey({ seed: 1, generation: 0, phase: 'train', purpose: 'augment' });
const gray = graySourceImage();
const OFF: NoiseSpec = { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 };
const ON: NoiseSpec = {
  ...OFF,
  randAugment: { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
  crop: { pad: 1 },
  flip: 'horizontal',
};

test('crop shows each of the nine windows of pad 1 about equally often', () => {
  const image = { pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 3, height: 2, channels: 1 } as const;
  const counts = new Map<string, number>();
  for (let i = 0; i < 1_800; i++) {
    const to = new Uint8Array(6);
    const moved = crop(image, to, { pad: 1, fill: [9], stream: stream(key, 0, i) });
    assert.equal(moved, to.join('') !== '123456');
    counts.set(to.join(''), (counts.get(to.join('')) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), ['123456', '239569', '456999', '569999', '912945', '945999', '999123', '999239', '999912'].sort());
  assert.ok([...counts.values()].every((count) => Math.abs(count - 200) < 56)); // Four standard deviations.
});

test('crop fills each channel with its own colour', () => {
  const image = { pixels: new Uint8Array(12).fill(50), width: 2, height: 2, channels: 3 } as const;
  const colours = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const to = new Uint8Array(12);
    crop(image, to, { pad: 2, fill: [1, 2, 3], stream: stream(key, 1, i) });
    for (let at = 0; at < 12; at += 3) colours.add(to.subarray(at, at + 3).join());
  }
  assert.deepEqual([...colours].sort(), ['1,2,3', '50,50,50']);
});

test('crop is the window of the padded image, even where the pad is larger than the image', () => {
  const size = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.constantFrom(1 as const, 3 as const),
      fc.integer({ min: 0, max: 8 }),
      fc.nat(1_000),
      (width, height, channels, pad, position) => {
        const image = { pixels: Uint8Array.from({ length: width * height * channels }, (_, i) => i + 1), width, height, channels };
        const fill = [201, 202, 203];
        const to = new Uint8Array(image.pixels.length);
        crop(image, to, { pad, fill, stream: stream(key, 2, position) });
        const draws = stream(key, 2, position);
        const [left, top] = [draws.integer(2 * pad + 1) - pad, draws.integer(2 * pad + 1) - pad];
        const expected = to.map((_, i) => {
          const [x, y] = [(Math.floor(i / channels) % width) + left, Math.floor(i / channels / width) + top];
          const isInside = x >= 0 && x < width && y >= 0 && y < height;
          return isInside ? image.pixels[(y * width + x) * channels + (i % channels)]! : fill[i % channels]!;
        });
        assert.deepEqual(to, expected);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

for (const { channels, width, pixels, mirrored } of [
  { channels: 1, width: 3, pixels: [1, 2, 3, 4, 5, 6], mirrored: [3, 2, 1, 6, 5, 4] },
  { channels: 1, width: 4, pixels: [1, 2, 3, 4], mirrored: [4, 3, 2, 1] },
  { channels: 3, width: 2, pixels: [1, 2, 3, 4, 5, 6], mirrored: [4, 5, 6, 1, 2, 3] },
  { channels: 3, width: 1, pixels: [1, 2, 3, 4, 5, 6], mirrored: [1, 2, 3, 4, 5, 6] },
] as const) {
  test(`flipping ${pixels} of width ${width} and ${channels} channels gives ${mirrored}`, () => {
    const image = { pixels: Uint8Array.from(pixels), width, height: pixels.length / width / channels, channels };
    flipHorizontally(image);
    assert.deepEqual([...image.pixels], mirrored);
  });
}

test('without noise the image comes out as it went in', () => {
  const { to, tally } = augmented(OFF, 0);
  assert.deepEqual(to, gray.pixels);
  assert.deepEqual(tally, { ...emptyTally(), images: 1, unchanged: 1 });
});

test('the order is crop, flip, RandAugment, all from one stream', () => {
  for (let i = 0; i < 30; i++) {
    const draws = stream(key, 0, i);
    const pixels = new Uint8Array(784);
    crop(gray, pixels, { pad: 1, fill: [73], stream: draws });
    if (draws.sign() === 1) flipHorizontally({ ...gray, pixels });
    const expected = new Uint8Array(784);
    randAugment({ ...gray, pixels }, expected, { spec: ON.randAugment!, fill: [73], stream: draws, tally: emptyTally() });
    assert.deepEqual(augmented(ON, i).to, expected);
  }
});

test('crop and flip alone write the result too', () => {
  const outcomes = new Set(Array.from({ length: 300 }, (_, i) => augmented({ ...ON, randAugment: null }, i).to.join()));
  assert.equal(outcomes.size, 18); // Nine windows, each as it is or mirrored.
});

test('the input is not changed', () => {
  const before = Uint8Array.from(gray.pixels);
  for (let i = 0; i < 50; i++) augmented(ON, i);
  assert.deepEqual(gray.pixels, before);
});

test('an image of another size than said is refused', () => {
  assert.throws(
    () =>
      augmentImage({
        image: new Uint8Array(783),
        size: 28,
        channels: 1,
        noise: ON,
        fill: [0],
        stream: stream(key, 0, 0),
        tally: emptyTally(),
        to: new Uint8Array(784),
      }),
    /783 bytes/,
  );
});

test('the tally counts what was done: half are flipped, eight of nine shifted, one operation each', () => {
  const tally = Array.from({ length: 2_000 }, (_, i) => augmented(ON, i).tally).reduce(mergeTallies);
  const measured = measuredNoise(tally);
  assert.equal(measured.images, 2_000);
  assert.ok(Math.abs(measured.flipShare! - 1 / 2) < 0.045);
  assert.ok(Math.abs(measured.shiftShare! - 8 / 9) < 0.03);
  assert.ok(measured.unchangedShare! > 0 && measured.unchangedShare! < 0.05);
  assert.ok(Math.abs(measured.ops.reduce((sum, op) => sum + op.perImage, 0) - 1) < 1e-12);
  assert.ok(measured.ops.every(({ meanLevel }) => meanLevel === null || Math.abs(meanLevel - 2) < 0.5));
  assert.deepEqual([measured.survival, measured.dropoutShare], [[], null]);
});

test('tallies add up to the same JSON in any order, and survive JSON', () => {
  const tallies = Array.from({ length: 40 }, (_, i) => augmented(ON, i).tally);
  const forwards = JSON.stringify(tallies.reduce(mergeTallies));
  assert.equal(JSON.stringify([...tallies].reverse().reduce(mergeTallies)), forwards);
  assert.equal(JSON.stringify(mergeTallies(emptyTally(), JSON.parse(forwards))), forwards);
  assert.ok(forwards.length < 1_500);
});

function augmented(noise: NoiseSpec, position: number) {
  const tally = emptyTally();
  const to = new Uint8Array(784).fill(200);
  augmentImage({ image: gray.pixels, size: 28, channels: 1, noise, fill: [73], stream: stream(key, 0, position), tally, to });
  return { to, tally };
}
