import type { Image } from '../../lib/noise/image.js';

/** The picture that every checksum of test/golden/rand-augment.json starts from; its `source` says how it is made. */
export function sourceImage(): Image {
  const next = mulberry32(fnv1a('img'));
  const [width, height] = [61, 47];
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const numerator of [
        [x, 60],
        [y, 46],
        [x + y, 106],
      ] as const) {
        const base = Math.floor((255 * numerator[0]) / numerator[1]);
        pixels.push(Math.min(255, Math.floor((base * 3) / 4) + Math.floor(64 * next())));
      }
    }
  }
  return { pixels: Uint8Array.from(pixels), width, height, channels: 3 };
}

/** Channel 0 of the upper left `size` × `size` pixels. */
export function graySourceImage(size = 28): Image {
  const { pixels, width } = sourceImage();
  const gray = Uint8Array.from({ length: size * size }, (_, i) => pixels[3 * (Math.floor(i / size) * width + (i % size))]!);
  return { pixels: gray, width: size, height: size, channels: 1 };
}

/** Repeated 3 × 3 times: large enough for the quicker ways of large images. */
export function tiled({ pixels, width, height, channels }: Image): Image {
  const row = width * channels;
  const all = Uint8Array.from({ length: 9 * pixels.length }, (_, i) => pixels[(Math.floor(i / (3 * row)) % height) * row + (i % row)]!);
  return { pixels: all, width: 3 * width, height: 3 * height, channels };
}

export function firstChannel({ pixels, width, height }: Image): Image {
  return { pixels: pixels.filter((_, i) => i % 3 === 0), width, height, channels: 1 };
}

/** The gray image with its channel repeated. */
export function asRgb({ pixels, width, height }: Image): Image {
  return { pixels: Uint8Array.from({ length: 3 * pixels.length }, (_, i) => pixels[Math.floor(i / 3)]!), width, height, channels: 3 };
}

/** CRC-32 (IEEE 802.3), eight lower-case hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb8_8320 & -(crc & 1));
  }
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

function fnv1a(text: string): number {
  return [...Buffer.from(text)].reduce((hash, byte) => Math.imul(hash ^ byte, 16_777_619), 2_166_136_261) >>> 0;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
