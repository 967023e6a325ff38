import type { Image } from './image.js';
import { throughTable } from './tables.js';

/**
 * Pillow 9.4's ImageEnhance, to the byte: the image is moved away from a dull version of itself by a factor, 0 =
 * the dull one, 1 = the image, above 1 = beyond. Each writes `to`, as large as the image's pixels.
 */

/** Dull = gray; an image of one channel is gray already and stays. */
export function colour({ pixels, channels }: Image, to: Uint8Array, factor: number): void {
  if (channels === 1) return to.set(pixels);
  scaleDistances(factor);
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const dull = luminance(red, green, blue);
    to[i] = blend(dull, red);
    to[i + 1] = blend(dull, green);
    to[i + 2] = blend(dull, blue);
  }
}

/** Dull = every pixel the mean luminance, rounded half up. */
export function contrast(image: Image, to: Uint8Array, factor: number): void {
  const { pixels, channels } = image;
  let sum = 0;
  if (channels === 1) for (let i = 0; i < pixels.length; i++) sum += pixels[i]!;
  else for (let i = 0; i < pixels.length; i += 3) sum += luminance(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  const dull = Math.trunc(sum / (image.width * image.height) + 0.5);
  scaleDistances(factor);
  throughTable(image, to, (v) => blend(dull, v));
}

/** Dull = black. */
export function brightness(image: Image, to: Uint8Array, factor: number): void {
  scaleDistances(factor);
  throughTable(image, to, (v) => blend(0, v));
}

/** Dull = smoothed by the kernel 1 1 1, 1 5 1, 1 1 1 over 13; the outermost pixels have no dull version and stay. */
export function sharpness({ pixels, width, height, channels }: Image, to: Uint8Array, factor: number): void {
  scaleDistances(factor);
  const stride = width * channels;
  to.set(pixels);
  for (let y = 1; y < height - 1; y++) {
    for (let channel = 0; channel < channels; channel++) {
      const end = (y + 1) * stride - channels;
      let i = y * stride + channel;
      let left = pixels[i - stride]! + pixels[i]! + pixels[i + stride]!; // sums of three values above each other
      i += channels;
      let value = pixels[i]!;
      let middle = pixels[i - stride]! + value + pixels[i + stride]!;
      for (; i < end; i += channels) {
        const next = pixels[i + channels]!;
        const right = pixels[i - stride + channels]! + next + pixels[i + stride + channels]!;
        const sum = left + middle + right + 4 * value;
        to[i] = blend(((2 * sum + 13) / 26) | 0, value); // sum / 13, rounded: no sum of 13ths is a tie.
        left = middle;
        middle = right;
        value = next;
      }
    }
  }
}

/** Pillow's ITU-R 601 luma in 16-bit fixed point. */
function luminance(red: number, green: number, blue: number): number {
  return (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16;
}

/** Fills DISTANCES; every operation does so before it blends. */
function scaleDistances(factor: number): void {
  const alpha = Math.fround(factor);
  for (let i = 0; i < DISTANCES.length; i++) DISTANCES[i] = alpha * (i - 255);
}

/** alpha · (value − dull) in float32 for every such distance, −255…255, from index 0 on. */
const DISTANCES = new Float32Array(511);

/** dull + alpha · (value − dull) in float32 as Pillow's C computes it, clipped to 0…255 and then cut, not rounded. */
function blend(dull: number, value: number): number {
  const mixed = Math.fround(dull + DISTANCES[value - dull + 255]!) | 0;
  return mixed < 0 ? 0 : mixed > 255 ? 255 : mixed;
}
