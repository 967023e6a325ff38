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

/** Fixed-point weights have 22 fractional bits, as Pillow's `Resample.c` has them. */
const ONE = 2 ** 22;

/**
 * Antialiased bicubic resize (a = −0.5), byte for byte that of Pillow's `Image.resize(size, BICUBIC)`: horizontal pass,
 * rounding to uint8, vertical pass. Only `cut` of the result is computed. For enlarging small images, and wherever bytes must
 * be Pillow's; libvips is faster on large ones.
 */
export function resizeBicubic(image: Raster, width: number, height: number, cut: Cut = { left: 0, top: 0, width, height }): Raster {
  const narrow = resizeHorizontally(image, windowsOf(image.width, width, cut.left, cut.width));
  return resizeVertically(narrow, windowsOf(image.height, height, cut.top, cut.height));
}

/** What one output pixel is the weighted sum of: the first input pixel, and whole-number weights that sum to about 2^22. */
interface Window {
  readonly first: number;
  readonly weights: Float64Array;
}

function resizeHorizontally({ pixels, width, height, channels }: Raster, windows: readonly Window[]): Raster {
  const to = windows.length;
  const out = new Uint8Array(height * to * channels);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of windows.entries()) {
      for (let c = 0; c < channels; c++) out[(y * to + x) * channels + c] = weigh(pixels, (y * width + first) * channels + c, channels, weights);
    }
  }
  return { pixels: out, width: to, height, channels };
}

function resizeVertically({ pixels, width, channels }: Raster, windows: readonly Window[]): Raster {
  const row = width * channels;
  const out = new Uint8Array(windows.length * row);
  for (const [y, { first, weights }] of windows.entries()) {
    for (let i = 0; i < row; i++) out[y * row + i] = weigh(pixels, first * row + i, row, weights);
  }
  return { pixels: out, width, height: windows.length, channels };
}

/** Rounded to the nearest and clipped; the sum stays below 2^53, so it is exact. */
function weigh(pixels: Uint8Array, from: number, stride: number, weights: Float64Array): number {
  let sum = ONE / 2;
  for (let k = 0; k < weights.length; k++) sum += pixels[from + k * stride]! * weights[k]!;
  return Math.min(255, Math.max(0, Math.floor(sum / ONE)));
}

/** Of the output pixels `start` … `start + count − 1`. */
function windowsOf(from: number, to: number, start: number, count: number): Window[] {
  const scale = from / to;
  const spread = Math.max(scale, 1); // Shrinking widens the kernel: this is the antialiasing.
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * spread + 0.5));
    const end = Math.min(from, Math.trunc(centre + 2 * spread + 0.5));
    const weights = Float64Array.from({ length: end - first }, (__, k) => cubic((first + k - centre + 0.5) / spread));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => roundHalfAway((weight / total) * ONE)) };
  });
}

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
