import type { Image, Sampling } from './image.js';

/**
 * Operations that move pixels, to the byte as Pillow 9.4's Image.transform and Image.rotate. Each writes `to`, as
 * large as the image's pixels. Matrices map the centre of an OUTPUT pixel to where the INPUT is read.
 */

/** Rows move sideways by `factor` pixels per pixel of height. */
export function shearX(image: Image, to: Uint8Array, factor: number, sampling: Sampling): void {
  transform(image, to, [1, factor, 0, 0, 1, 0], sampling);
}

/** Columns move up or down by `factor` pixels per pixel of width. */
export function shearY(image: Image, to: Uint8Array, factor: number, sampling: Sampling): void {
  transform(image, to, [1, 0, 0, factor, 1, 0], sampling);
}

/** The content moves left by `share` of the width; right where it is negative. */
export function translateX(image: Image, to: Uint8Array, share: number, sampling: Sampling): void {
  transform(image, to, [1, 0, share * image.width, 0, 1, 0], sampling);
}

/** The content moves up by `share` of the height; down where it is negative. */
export function translateY(image: Image, to: Uint8Array, share: number, sampling: Sampling): void {
  transform(image, to, [1, 0, 0, 0, 1, share * image.height], sampling);
}

/** Turns counter-clockwise by `degrees` about the centre, on the same canvas. */
export function rotate(image: Image, to: Uint8Array, degrees: number, sampling: Sampling): void {
  const angle = -(degrees < 0 ? degrees + 360 : degrees) * (Math.PI / 180);
  // Pillow rounds to 15 decimals, which also hides most of what ECMAScript leaves open in the last bit of sine and cosine.
  const cos = Number(Math.cos(angle).toFixed(15));
  const sin = Number(Math.sin(angle).toFixed(15));
  const x = image.width / 2;
  const y = image.height / 2;
  transform(image, to, [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y], sampling);
}

/** Reads at (a·x + b·y + c, d·x + e·y + f). */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Where one coordinate stays what it was, its interpolation gives back the very values that go in, so the other is worked out
 * alone: a quarter of the work, and the same bytes.
 */
function transform(image: Image, to: Uint8Array, matrix: Matrix, { interpolation, fill }: Sampling): void {
  const [a, b, c, d, e, f] = matrix;
  const { width, height, channels } = image;
  const stride = width * channels;
  if (d === 0 && e === 1 && f === 0) {
    alongAxis[interpolation](image, to, { place: [a, b, c], length: width, step: channels, line: { row: stride, column: 0 } }, fill);
  } else if (a === 1 && b === 0 && c === 0) {
    alongAxis[interpolation](image, to, { place: [d, e, f], length: height, step: stride, line: { row: 0, column: channels } }, fill);
  } else anywhere[interpolation](image, to, matrix, fill);
}

/** Pixels are read from a row or a column of the image, at a place that depends on where they are written. */
interface Axis {
  /** a·x + b·y + c. */
  readonly place: readonly [a: number, b: number, c: number];
  /** Pixels of the line that is read. */
  readonly length: number;
  /** Values from one of its pixels to the next. */
  readonly step: number;
  /** Where the line begins: row · `row` + column · `column`. */
  readonly line: { readonly row: number; readonly column: number };
}

// A loop for each interpolation and each of one and two axes: a function called per pixel costs half as much again.

/** Between the centres of the nearest pixels (the edge is repeated outwards), cut to a whole number. */
const alongAxis = {
  bilinear({ pixels, width, height, channels }: Image, to: Uint8Array, { place: [a, b, c], length, step, line }: Axis, fill: readonly number[]): void {
    for (let row = 0, at = 0; row < height; row++) {
      const shift = b * (row + 0.5);
      for (let column = 0; column < width; column++, at += channels) {
        const place = a * (column + 0.5) + shift + c;
        if (!(place >= 0 && place < length)) {
          paint(to, at, channels, fill);
          continue;
        }
        const before = floor(place - 0.5);
        const share = place - 0.5 - before;
        const start = row * line.row + column * line.column;
        const p0 = start + clamp(before, length) * step;
        const p1 = start + clamp(before + 1, length) * step;
        for (let channel = 0; channel < channels; channel++) {
          to[at + channel] = between(pixels[p0 + channel]!, pixels[p1 + channel]!, share);
        }
      }
    }
  },

  /** Clipped to 0…255 before it is cut. */
  bicubic({ pixels, width, height, channels }: Image, to: Uint8Array, { place: [a, b, c], length, step, line }: Axis, fill: readonly number[]): void {
    for (let row = 0, at = 0; row < height; row++) {
      const shift = b * (row + 0.5);
      for (let column = 0; column < width; column++, at += channels) {
        const place = a * (column + 0.5) + shift + c;
        if (!(place >= 0 && place < length)) {
          paint(to, at, channels, fill);
          continue;
        }
        const before = floor(place - 0.5);
        const share = place - 0.5 - before;
        const start = row * line.row + column * line.column;
        const p0 = start + clamp(before - 1, length) * step;
        const p1 = start + clamp(before, length) * step;
        const p2 = start + clamp(before + 1, length) * step;
        const p3 = start + clamp(before + 2, length) * step;
        for (let channel = 0; channel < channels; channel++) {
          to[at + channel] = clip(cubic(pixels[p0 + channel]!, pixels[p1 + channel]!, pixels[p2 + channel]!, pixels[p3 + channel]!, share));
        }
      }
    }
  },
} as const;

/** Between the centres of the 4 or 16 nearest pixels, along rows first. */
const anywhere = {
  bilinear({ pixels, width, height, channels }: Image, to: Uint8Array, [a, b, c, d, e, f]: Matrix, fill: readonly number[]): void {
    const stride = width * channels;
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at += channels) {
        const x = a * (column + 0.5) + b * (row + 0.5) + c;
        const y = d * (column + 0.5) + e * (row + 0.5) + f;
        if (!(x >= 0 && x < width && y >= 0 && y < height)) {
          paint(to, at, channels, fill);
          continue;
        }
        const x1 = floor(x - 0.5);
        const y1 = floor(y - 0.5);
        const dx = x - 0.5 - x1;
        const dy = y - 0.5 - y1;
        const left = clamp(x1, width) * channels;
        const right = clamp(x1 + 1, width) * channels;
        const upper = clamp(y1, height) * stride;
        const lower = clamp(y1 + 1, height) * stride;
        for (let channel = 0; channel < channels; channel++) {
          const above = between(pixels[upper + left + channel]!, pixels[upper + right + channel]!, dx);
          const below = between(pixels[lower + left + channel]!, pixels[lower + right + channel]!, dx);
          to[at + channel] = between(above, below, dy) | 0;
        }
      }
    }
  },

  bicubic({ pixels, width, height, channels }: Image, to: Uint8Array, [a, b, c, d, e, f]: Matrix, fill: readonly number[]): void {
    const stride = width * channels;
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at += channels) {
        const x = a * (column + 0.5) + b * (row + 0.5) + c;
        const y = d * (column + 0.5) + e * (row + 0.5) + f;
        if (!(x >= 0 && x < width && y >= 0 && y < height)) {
          paint(to, at, channels, fill);
          continue;
        }
        const left = floor(x - 0.5);
        const upper = floor(y - 0.5);
        const dx = x - 0.5 - left;
        const dy = y - 0.5 - upper;
        const x0 = clamp(left - 1, width) * channels;
        const x1 = clamp(left, width) * channels;
        const x2 = clamp(left + 1, width) * channels;
        const x3 = clamp(left + 2, width) * channels;
        const y0 = clamp(upper - 1, height) * stride;
        const y1 = clamp(upper, height) * stride;
        const y2 = clamp(upper + 1, height) * stride;
        const y3 = clamp(upper + 2, height) * stride;
        for (let channel = 0; channel < channels; channel++) {
          const p0 = y0 + channel;
          const p1 = y1 + channel;
          const p2 = y2 + channel;
          const p3 = y3 + channel;
          to[at + channel] = clip(
            cubic(
              cubic(pixels[p0 + x0]!, pixels[p0 + x1]!, pixels[p0 + x2]!, pixels[p0 + x3]!, dx),
              cubic(pixels[p1 + x0]!, pixels[p1 + x1]!, pixels[p1 + x2]!, pixels[p1 + x3]!, dx),
              cubic(pixels[p2 + x0]!, pixels[p2 + x1]!, pixels[p2 + x2]!, pixels[p2 + x3]!, dx),
              cubic(pixels[p3 + x0]!, pixels[p3 + x1]!, pixels[p3 + x2]!, pixels[p3 + x3]!, dx),
              dy,
            ),
          );
        }
      }
    }
  },
} as const;

/** Math.floor of what is at least −1, as an integer that the compiler knows to be one. */
function floor(value: number): number {
  return value >= 0 ? value | 0 : -1;
}

function between(v0: number, v1: number, share: number): number {
  return v0 + (v1 - v0) * share;
}

/** The cubic of parameter −1 through v1 (d = 0) and v2 (d = 1); Pillow's resize uses −0.5, its transforms this one. */
function cubic(v0: number, v1: number, v2: number, v3: number, d: number): number {
  const linear = v2 - v0; // not -v0 + v2: of bytes this one is an integer to the compiler, as −0 cannot come up
  const square = 2 * (v0 - v1) + v2 - v3;
  const cube = v1 - v0 - v2 + v3;
  return v1 + d * (linear + d * (square + d * cube));
}

function clip(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}

function clamp(index: number, length: number): number {
  return index < 0 ? 0 : index < length ? index : length - 1;
}

function paint(to: Uint8Array, at: number, channels: number, fill: readonly number[]): void {
  for (let channel = 0; channel < channels; channel++) to[at + channel] = fill[channel]!;
}
