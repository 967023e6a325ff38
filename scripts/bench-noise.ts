/**
 * How long noise takes on this machine: µs per image of each operation and of a whole augmentation, ns per random number.
 * Run: npx tsx scripts/bench-noise.ts      Processor time, and of several rounds the best: what other work disturbs least.
 */
import { augmentImage } from '../lib/noise/augment.js';
import type { Image } from '../lib/noise/image.js';
import { dropoutMask, dropPathMask } from '../lib/noise/masks.js';
import { OPS } from '../lib/noise/ops.js';
import { normals, permutation, randomKey, stream, uniforms } from '../lib/noise/random.js';
import { emptyTally } from '../lib/noise/tally.js';
import type { NoiseSpec } from '../lib/spec/resolved.js';
import { picture } from './bench/picture.js';

const ROUNDS = 7;
const ROUND_MS = 60;
const SIZES = [
  { size: 28, channels: 1 },
  { size: 224, channels: 3 },
] as const;

const key = randomKey({ seed: 1, generation: 0, phase: 'bench', purpose: 'noise' });

console.log('random numbers, ns each');
print('uniforms', nanoseconds(() => uniforms(key, 0, 10_000)) / 10_000, 'ns');
print('normals', nanoseconds(() => normals(key, 10_000)) / 10_000, 'ns');
print('permutation', nanoseconds(() => permutation(key, 0, 10_000)) / 10_000, 'ns');
print('dropout mask [160, 160]', nanoseconds(() => dropoutMask(key, 0, 160, 160, 0.1)) / 25_600, 'ns');
print('drop-path mask [16, 160]', nanoseconds(() => dropPathMask(key, 0, Array<number>(16).fill(0.9), 160)) / 2_560, 'ns');

for (const { size, channels } of SIZES) {
  console.log(`\n${size} × ${size} × ${channels}, µs per image`);
  const images = Array.from({ length: 16 }, (_, i) => picture(key, { size, channels }, i));
  for (const ops of [1, 2]) print(`augmentImage, ops ${ops}, magnitude 4`, augmentation(images, ops), 'µs');
  for (const interpolation of ['bilinear', 'bicubic'] as const) {
    for (const op of OPS) {
      if (interpolation === 'bicubic' && !/^(Shear|Translate|Rotate)/.test(op.name)) continue;
      print(`${op.name} ${interpolation}`, operation(op, images, interpolation), 'µs');
    }
  }
}

function augmentation(images: readonly Image[], ops: number): number {
  const noise: NoiseSpec = {
    randAugment: { dialect: 'timm', ops, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
    crop: { pad: 1 },
    flip: 'horizontal',
    dropout: 0,
    survival: 1,
  };
  const { width: size, channels, pixels } = images[0]!;
  const to = new Uint8Array(pixels.length);
  const tally = emptyTally();
  let position = 0;
  const some = () => {
    for (let i = 0; i < 64; i++, position++) {
      augmentImage({ image: images[i % images.length]!.pixels, size, channels, noise, fill: [73, 73, 73], stream: stream(key, 0, position), tally, to });
    }
  };
  return nanoseconds(some) / 64 / 1_000;
}

function operation(op: (typeof OPS)[number], images: readonly Image[], interpolation: 'bilinear' | 'bicubic'): number {
  const to = new Uint8Array(images[0]!.pixels.length);
  const argument = op.increasing?.argument(4, 1) ?? 0;
  const some = () => {
    for (const image of images) op.apply(image, to, argument, { interpolation, fill: [73, 73, 73] });
  };
  return nanoseconds(some) / images.length / 1_000;
}

/** Of one call: the best round's mean, in processor time. */
function nanoseconds(work: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    let calls = 0;
    let spent = 0; // µs
    while (spent < ROUND_MS * 1_000) {
      work();
      calls++;
      const { user, system } = process.cpuUsage(start);
      spent = user + system;
    }
    best = Math.min(best, (spent * 1_000) / calls);
  }
  return best;
}

function print(what: string, value: number, unit: string): void {
  console.log(`${value.toFixed(1).padStart(9)} ${unit}  ${what}`);
}
