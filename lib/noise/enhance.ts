import type { Image } from './image.js';
import { throughTable } from './tables.js';

/**
 * Pillow 9.4's ImageEnhance, to the byte: the image is moved away from a dull version of itself by a factor, 0 =
 * the dull one, 1 = the image, above 1 = beyond. Each writes `to`, as large as the image's pixels.
 */

/** Dull = gray; an image of one channel is gray already and stays. */
export function colour({ pixels, channels }: Image, to: Uint8Array, factor: number): void {
  if (channels === 1) return to.set(pixels);
  const alpha = Math.fround(factor);
  for (let i = 0; i < pixels.length; i += 3) {
    const dull = luminance(pixels, i);
    to[i] = blend(dull, pixels[i]!, alpha);
    to[i + 1] = blend(dull, pixels[i + 1]!, alpha);
    to[i + 2] = blend(dull, pixels[i + 2]!, alpha);
  }
}

/** Dull = every pixel the mean luminance, rounded half up. */
export function contrast(image: Image, to: Uint8Array, factor: number): void {
  const { pixels, channels } = image;
  let sum = 0;
  if (channels === 1) for (let i = 0; i < pixels.length; i++) sum += pixels[i]!;
  else for (let i = 0; i < pixels.length; i += 3) sum += luminance(pixels, i);
  const dull = Math.trunc(sum / (image.width * image.height) + 0.5);
  const alpha = Math.fround(factor);
  throughTable(image, to, (v) => blend(dull, v, alpha));
}

/** Dull = black. */
export function brightness(image: Image, to: Uint8Array, factor: number): void {
  const alpha = Math.fround(factor);
  throughTable(image, to, (v) => blend(0, v, alpha));
}

/** Dull = smoothed by the kernel 1 1 1, 1 5 1, 1 1 1 over 13; the outermost pixels have no dull version and stay. */
export function sharpness({ pixels, width, height, channels }: Image, to: Uint8Array, factor: number): void {
  const alpha = Math.fround(factor);
  const row = width * channels;
  to.set(pixels);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      const sum =
        pixels[i - row - channels]! +
        pixels[i - row]! +
        pixels[i - row + channels]! +
        pixels[i - channels]! +
        5 * pixels[i]! +
        pixels[i + channels]! +
        pixels[i + row - channels]! +
        pixels[i + row]! +
        pixels[i + row + channels]!;
      to[i] = blend(((2 * sum + 13) / 26) | 0, pixels[i]!, alpha); // sum / 13, rounded: no sum of 13ths is a tie.
    }
  }
}

/** Pillow's ITU-R 601 luma in 16-bit fixed point. */
function luminance(pixels: Uint8Array, i: number): number {
  return (19_595 * pixels[i]! + 38_470 * pixels[i + 1]! + 7_471 * pixels[i + 2]! + 32_768) >> 16;
}

/** dull + alpha · (value − dull) in float32 as Pillow's C computes it, clipped to 0…255 and then cut, not rounded. */
function blend(dull: number, value: number, alpha: number): number {
  const mixed = Math.fround(dull + Math.fround(alpha * (value - dull)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : mixed | 0;
}
