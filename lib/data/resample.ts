import type { Interpolation } from '../models/pretrained-config.js';

export interface Raster {
  /** uint8 [height, width, channels], row-major. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Part of the resized image, in its pixels. */
export interface Cut {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Antialiased resize, byte for byte that of Pillow 13's `Image.resize((width, height), BICUBIC or BILINEAR)`: one pass along each
 * axis, rounded to uint8 in between. Only `cut` of the result is computed, which must lie inside it. For whatever must have Pillow's
 * bytes, and for enlarging small images.
 */
export function resample(image: Raster, width: number, height: number, interpolation: Interpolation, cut: Cut = { left: 0, top: 0, width, height }): Raster {
  const across = windowsOf(image.width, width, interpolation, cut.left, cut.width);
  const down = windowsOf(image.height, height, interpolation, cut.top, cut.height);
  if (isVerticalFirst(image, width, height)) {
    const columns = spanOf(across);
    return horizontally(vertically(image, down, columns), moved(across, columns.first), { first: 0, end: down.count });
  }
  const rows = spanOf(down);
  return vertically(horizontally(image, across, rows), moved(down, rows.first), { first: 0, end: across.count });
}

/**
 * Pillow begins with the height where it loses more than twice the pixels that the width loses, since version 13
 * (https://github.com/python-pillow/Pillow/pull/9549); before, it always began with the width, which can change a value by one or two.
 */
function isVerticalFirst(image: Raster, width: number, height: number): boolean {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

/** What each of `count` output pixels is the weighted sum of, along one axis. */
interface Windows {
  readonly count: number;
  /** Output pixel i: its first input pixel, and how many there are. */
  readonly firsts: Int32Array;
  readonly lengths: Int32Array;
  /** Those of output pixel i begin at i · `most`; each window's sum is about 2^22. */
  readonly weights: Int32Array;
  readonly most: number;
}

/** Fixed-point weights have 22 fractional bits, as Pillow's `Resample.c` has them: the sums stay inside int32. */
const FRACTION_BITS = 22;
const ONE = 1 << FRACTION_BITS;
const HALF = ONE / 2;

interface Span {
  readonly first: number;
  readonly end: number;
}

/** The input pixels that any of the windows needs. */
function spanOf({ firsts, lengths, count }: Windows): Span {
  return { first: firsts[0]!, end: firsts[count - 1]! + lengths[count - 1]! };
}

/** The windows for an image whose first `by` pixels along their axis are left out. */
function moved(windows: Windows, by: number): Windows {
  return { ...windows, firsts: windows.firsts.map((first) => first - by) };
}

/** [height, width, c] → [rows, windows, c]. */
function horizontally({ pixels, width, channels }: Raster, windows: Windows, rows: Span): Raster {
  const height = rows.end - rows.first;
  const row = windows.count * channels;
  const out = new Uint8ClampedArray(height * row); // clips as it stores
  const sumRow = channels === 3 ? sumTriples : sumChannels;
  for (let y = 0; y < height; y++) sumRow(pixels, (rows.first + y) * width * channels, windows, out, y * row, channels);
  return { pixels: new Uint8Array(out.buffer), width: windows.count, height, channels };
}

/** One row [width, 3] → [windows, 3]. */
function sumTriples(pixels: Uint8Array, from: number, { count, firsts, lengths, weights, most }: Windows, out: Uint8ClampedArray, to: number): void {
  for (let x = 0; x < count; x++) {
    let [red, green, blue] = [HALF, HALF, HALF];
    let at = from + 3 * firsts[x]!;
    const end = x * most + lengths[x]!;
    for (let k = x * most; k < end; k++, at += 3) {
      const weight = weights[k]!;
      red = (red + Math.imul(pixels[at]!, weight)) | 0;
      green = (green + Math.imul(pixels[at + 1]!, weight)) | 0;
      blue = (blue + Math.imul(pixels[at + 2]!, weight)) | 0;
    }
    out[to++] = red >> FRACTION_BITS;
    out[to++] = green >> FRACTION_BITS;
    out[to++] = blue >> FRACTION_BITS;
  }
}

/** One row [width, channels] → [windows, channels]. */
function sumChannels(
  pixels: Uint8Array,
  from: number,
  { count, firsts, lengths, weights, most }: Windows,
  out: Uint8ClampedArray,
  to: number,
  channels: number,
): void {
  for (let x = 0; x < count; x++) {
    const end = x * most + lengths[x]!;
    for (let channel = 0; channel < channels; channel++) {
      let sum = HALF;
      let at = from + firsts[x]! * channels + channel;
      for (let k = x * most; k < end; k++, at += channels) sum = (sum + Math.imul(pixels[at]!, weights[k]!)) | 0;
      out[to++] = sum >> FRACTION_BITS;
    }
  }
}

/** [height, width, c] → [windows, columns, c]. */
function vertically({ pixels, width, channels }: Raster, windows: Windows, columns: Span): Raster {
  const stride = width * channels;
  const row = (columns.end - columns.first) * channels;
  const out = new Uint8ClampedArray(windows.count * row);
  for (let y = 0; y < windows.count; y++) sumRows(pixels, windows.firsts[y]! * stride + columns.first * channels, stride, windows, y, out, row);
  return { pixels: new Uint8Array(out.buffer), width: columns.end - columns.first, height: windows.count, channels };
}

/** [window, row] → [row], that of output row `y`. Four sums at a time, so that a weight is read once for them. */
function sumRows(pixels: Uint8Array, from: number, stride: number, { lengths, weights, most }: Windows, y: number, out: Uint8ClampedArray, row: number): void {
  const start = y * most;
  const end = start + lengths[y]!;
  let to = y * row;
  let i = 0;
  for (; i + 4 <= row; i += 4) {
    let [one, two, three, four] = [HALF, HALF, HALF, HALF];
    for (let k = start, at = from + i; k < end; k++, at += stride) {
      const weight = weights[k]!;
      one = (one + Math.imul(pixels[at]!, weight)) | 0;
      two = (two + Math.imul(pixels[at + 1]!, weight)) | 0;
      three = (three + Math.imul(pixels[at + 2]!, weight)) | 0;
      four = (four + Math.imul(pixels[at + 3]!, weight)) | 0;
    }
    out[to++] = one >> FRACTION_BITS;
    out[to++] = two >> FRACTION_BITS;
    out[to++] = three >> FRACTION_BITS;
    out[to++] = four >> FRACTION_BITS;
  }
  for (; i < row; i++) {
    let sum = HALF;
    for (let k = start, at = from + i; k < end; k++, at += stride) sum = (sum + Math.imul(pixels[at]!, weights[k]!)) | 0;
    out[to++] = sum >> FRACTION_BITS;
  }
}

/** Of the output pixels `start` … `start + count − 1`. */
function windowsOf(from: number, to: number, interpolation: Interpolation, start: number, count: number): Windows {
  const { reach, weigh } = KERNELS[interpolation];
  const scale = from / to;
  const spread = Math.max(scale, 1); // Shrinking widens the kernel: this is the antialiasing.
  const most = 2 * Math.ceil(reach * spread) + 1;
  const windows = { count, firsts: new Int32Array(count), lengths: new Int32Array(count), weights: new Int32Array(count * most), most };
  const shares = new Float64Array(most);
  for (let i = 0; i < count; i++) {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * spread + 0.5));
    const length = Math.min(from, Math.trunc(centre + reach * spread + 0.5)) - first;
    let total = 0;
    for (let k = 0; k < length; k++) total += shares[k] = weigh((first + k - centre + 0.5) * (1 / spread));
    for (let k = 0; k < length; k++) windows.weights[i * most + k] = roundHalfAway((shares[k]! / total) * ONE);
    windows.firsts[i] = first;
    windows.lengths[i] = length;
  }
  return windows;
}

interface Kernel {
  /** Input pixels on either side of the centre that have a weight, when nothing is shrunk. */
  readonly reach: number;
  weigh(distance: number): number;
}

const KERNELS: Readonly<Record<Interpolation, Kernel>> = {
  bilinear: { reach: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { reach: 2, weigh: cubic },
};

/** Keys' cubic convolution with a = −0.5 (Catmull-Rom). */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

function roundHalfAway(value: number): number {
  return value < 0 ? Math.trunc(value - 0.5) : Math.trunc(value + 0.5);
}
