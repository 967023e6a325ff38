import type { Image } from './image.js';
import type { Stream } from './random.js';

/**
 * Pads the image by `pad` pixels of `fill` (0…255 per channel) on every side, cuts a window of the image's size at a
 * random place, each of the (2 · pad + 1)² equally likely, and writes it to `to`. False if that was the middle.
 */
export function crop(image: Image, to: Uint8Array, { pad, fill, stream }: { pad: number; fill: readonly number[]; stream: Stream }): boolean {
  const left = stream.integer(2 * pad + 1) - pad;
  const top = stream.integer(2 * pad + 1) - pad;
  window(image, to, left, top, fill);
  return left !== 0 || top !== 0;
}

/** Pixel (x, y) of the window is (x + left, y + top) of the image. Row by row, as a whole row is copied quickest. */
function window({ pixels, width, height, channels }: Image, to: Uint8Array, left: number, top: number, fill: readonly number[]): void {
  const stride = width * channels;
  const first = Math.min(width, Math.max(0, -left)) * channels; // Where the image begins in a row of the window, and ends.
  const end = Math.max(0, Math.min(width, width - left)) * channels;
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    if (y + top < 0 || y + top >= height) {
      paint(to, row, row + stride, channels, fill);
      continue;
    }
    const from = (y + top) * stride + left * channels;
    paint(to, row, row + first, channels, fill);
    to.set(pixels.subarray(from + first, from + end), row + first);
    paint(to, row + end, row + stride, channels, fill);
  }
}

function paint(to: Uint8Array, from: number, end: number, channels: number, fill: readonly number[]): void {
  for (let i = from; i < end; i += channels) for (let channel = 0; channel < channels; channel++) to[i + channel] = fill[channel]!;
}
