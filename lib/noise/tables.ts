import type { Image } from './image.js';

/** Photometric operations that send each value through a table of 256. All write `to`, as large as the image's pixels, and are Pillow 9.4's to the byte. */

/** ImageOps.autocontrast, no cut-off: each channel is stretched to 0…255. */
export function autoContrast(image: Image, to: Uint8Array): void {
  forEachChannel(image, to, (histogram, table) => {
    const lowest = histogram.findIndex((count) => count > 0);
    const highest = histogram.findLastIndex((count) => count > 0);
    if (highest <= lowest) return identity(table);
    const scale = 255 / (highest - lowest);
    const offset = -lowest * scale;
    for (let v = 0; v < 256; v++) table[v] = Math.min(255, Math.max(0, Math.trunc(v * scale + offset)));
  });
}

/** ImageOps.equalize: each channel's histogram is flattened. A channel of one value, or of too few pixels for a step, stays. */
export function equalize(image: Image, to: Uint8Array): void {
  forEachChannel(image, to, (histogram, table) => {
    const pixels = image.width * image.height;
    const highest = histogram.findLastIndex((count) => count > 0);
    const step = highest < 0 ? 0 : Math.floor((pixels - histogram[highest]!) / 255); // 0 too where there is one value only.
    if (step === 0) return identity(table);
    let sum = step >>> 1;
    for (let v = 0; v < 256; v++) {
      table[v] = Math.min(255, Math.floor(sum / step)); // Small images pass 255: the step was rounded down.
      sum += histogram[v]!;
    }
  });
}

export function invert(image: Image, to: Uint8Array): void {
  throughTable(image, to, (v) => 255 - v);
}

/** Values from `threshold` (0…256) up are inverted. */
export function solarize(image: Image, to: Uint8Array, threshold: number): void {
  throughTable(image, to, (v) => (v < threshold ? v : 255 - v));
}

/** `addend` (0…128) is added to values below 128. */
export function solarizeAdd(image: Image, to: Uint8Array, addend: number): void {
  throughTable(image, to, (v) => (v < 128 ? Math.min(255, v + addend) : v));
}

/** Keeps the upper `bits` (0…8) of each value; 0 gives black. */
export function posterize(image: Image, to: Uint8Array, bits: number): void {
  const mask = 256 - 2 ** (8 - bits);
  throughTable(image, to, (v) => v & mask);
}

/** One table for every channel. */
export function throughTable({ pixels }: Image, to: Uint8Array, valueOf: (v: number) => number): void {
  const table = new Uint8Array(256);
  for (let v = 0; v < 256; v++) table[v] = valueOf(v);
  for (let i = 0; i < pixels.length; i++) to[i] = table[pixels[i]!]!;
}

/** One table per channel, made from the channel's histogram. */
function forEachChannel({ pixels, channels }: Image, to: Uint8Array, fillTable: (histogram: Uint32Array, table: Uint8Array) => void): void {
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Uint32Array(256);
    for (let i = channel; i < pixels.length; i += channels) histogram[pixels[i]!]!++;
    const table = new Uint8Array(256);
    fillTable(histogram, table);
    for (let i = channel; i < pixels.length; i += channels) to[i] = table[pixels[i]!]!;
  }
}

function identity(table: Uint8Array): void {
  for (let v = 0; v < 256; v++) table[v] = v;
}
