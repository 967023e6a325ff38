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
export function throughTable({ pixels, channels }: Image, to: Uint8Array, valueOf: (v: number) => number): void {
  const tables = new Uint8Array(256 * channels);
  for (let v = 0; v < 256; v++) tables[v] = valueOf(v);
  for (let channel = 1; channel < channels; channel++) tables.copyWithin(256 * channel, 0, 256);
  throughTables(pixels, to, tables, channels);
}

/** One table per channel, made from the channel's histogram. */
function forEachChannel({ pixels, channels }: Image, to: Uint8Array, fillTable: (histogram: Uint32Array, table: Uint8Array) => void): void {
  const histograms = new Uint32Array(256 * channels);
  if (channels === 1) for (let i = 0; i < pixels.length; i++) histograms[pixels[i]!]!++;
  else {
    for (let i = 0; i < pixels.length; i += 3) {
      histograms[pixels[i]!]!++;
      histograms[256 + pixels[i + 1]!]!++;
      histograms[512 + pixels[i + 2]!]!++;
    }
  }
  const tables = new Uint8Array(256 * channels);
  for (let from = 0; from < tables.length; from += 256) fillTable(histograms.subarray(from, from + 256), tables.subarray(from, from + 256));
  throughTables(pixels, to, tables, channels);
}

/** Value v of a channel becomes tables[256 · channel + v]. */
function throughTables(pixels: Uint8Array, to: Uint8Array, tables: Uint8Array, channels: 1 | 3): void {
  const isAligned = pixels.byteOffset % 4 === 0 && to.byteOffset % 4 === 0;
  const first = isAligned && pixels.length >= LARGE ? throughWords(pixels, to, tables, channels) : 0;
  for (let i = first; i < pixels.length; i += channels) {
    for (let channel = 0; channel < channels; channel++) to[i + channel] = tables[256 * channel + pixels[i + channel]!]!;
  }
}

/** Bytes from which the tables of words are worth making. */
const LARGE = 16_384;

/**
 * The same, 12 bytes in three words at a time, which takes a third of the time: each byte of the period has a table whose values
 * stand where the byte stands in its word. Returns how many bytes are done.
 */
function throughWords(pixels: Uint8Array, to: Uint8Array, tables: Uint8Array, channels: 1 | 3): number {
  for (let byte = 0; byte < 12; byte++) {
    const [from, shift] = [256 * (byte % channels), 8 * (byte % 4)];
    for (let v = 0; v < 256; v++) WORDS[256 * byte + v] = tables[from + v]! << shift;
  }
  const words = 3 * Math.floor(pixels.length / 12);
  const source = new Int32Array(pixels.buffer, pixels.byteOffset, words);
  const target = new Int32Array(to.buffer, to.byteOffset, words);
  for (let i = 0; i < words; i += 3) {
    const [a, b, c] = [source[i]!, source[i + 1]!, source[i + 2]!];
    target[i] = WORDS[a & 255]! | WORDS[256 + ((a >>> 8) & 255)]! | WORDS[512 + ((a >>> 16) & 255)]! | WORDS[768 + (a >>> 24)]!;
    target[i + 1] = WORDS[1024 + (b & 255)]! | WORDS[1280 + ((b >>> 8) & 255)]! | WORDS[1536 + ((b >>> 16) & 255)]! | WORDS[1792 + (b >>> 24)]!;
    target[i + 2] = WORDS[2048 + (c & 255)]! | WORDS[2304 + ((c >>> 8) & 255)]! | WORDS[2560 + ((c >>> 16) & 255)]! | WORDS[2816 + (c >>> 24)]!;
  }
  return 4 * words;
}

/** Of the call at hand. */
const WORDS = new Int32Array(12 * 256);

function identity(table: Uint8Array): void {
  for (let v = 0; v < 256; v++) table[v] = v;
}
