import { PipelineError } from '../errors.js';
import type { CropMode } from '../models/pretrained-config.js';
import type { DataConfig } from './data-config.js';
import { resample, type Raster } from './resample.js';

/**
 * A model's input before it becomes numbers: uint8 [height, width, channels] of `config.inputSize`, byte for byte what timm 1.0.31's
 * `create_transform` makes with Pillow. The image is resized so that the input is `cropPct` of it, then cut at its centre:
 * - `center`: the sides keep their ratio, and the shorter one is met; what juts out is lost.
 * - `squash`: both sides are met, whatever their ratio was.
 * - `border`: the sides keep their ratio, and the longer one is met; the rest is filled with the mean colour.
 *
 * Where the resized image is smaller than the input (`cropPct` above 1), the rest is black, in `border` mode of the mean colour.
 * Throws COMMAND_INVALID if the image has another number of channels than the input.
 */
export function evalCrop(image: Raster, config: DataConfig): Raster {
  const { inputSize, cropPct, cropMode, interpolation } = config;
  const [channels, height, width] = inputSize;
  if (image.channels !== channels)
    throw refuse(
      `the image has ${image.channels} channels, but inputSize is ${JSON.stringify(inputSize)}, and openImage(file, { channels: ${channels} }) would open it so`,
    );
  const target = { width: Math.floor(width / cropPct), height: Math.floor(height / cropPct) };
  const resized = atLeastOne(RESIZED[cropMode](image, target));
  const across = centred(resized.width, width);
  const down = centred(resized.height, height);
  const cut = { left: across.from, top: down.from, width: across.length, height: down.length };
  const kept = resample(image, resized.width, resized.height, interpolation, cut);
  const place = { left: across.at, top: down.at, width, height };
  return pad(kept, place, cropMode === 'border' ? config.mean.map(toByte) : []);
}

/**
 * uint8 pixels → float32 of the same shape: (x / 255 - mean) / std per channel, every operation in float32 as torchvision's
 * `ToTensor` and `Normalize` do it. The order stays that of the pixels: channels last. Throws COMMAND_INVALID if there is not one
 * mean and std per channel.
 */
export function normalisePixels({ pixels, channels }: Pick<Raster, 'pixels' | 'channels'>, mean: readonly number[], std: readonly number[]): Float32Array {
  if (mean.length !== channels || std.length !== channels) {
    throw refuse(`the image has ${channels} channels, but there are ${mean.length} means and ${std.length} stds`);
  }
  const table = Float32Array.from({ length: 256 * channels }, (_, i) => normalised(i % 256, mean[i >> 8]!, std[i >> 8]!)); // [channels, 256]
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length;) {
    for (let row = 0; row < table.length; row += 256, i++) out[i] = table[row + pixels[i]!]!;
  }
  return out;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size that an image is resized to, from the size that the whole is to have in each mode. */
const RESIZED: Readonly<Record<CropMode, (image: Size, target: Size) => Size>> = {
  center: (image, target) => (target.width === target.height ? withShorterSide(image, target.width) : scaled(image, Math.min(...ratios(image, target)))),
  squash: (_, target) => target,
  border: (image, target) => scaled(image, Math.max(...ratios(image, target))),
};

/** torchvision's `Resize(side)`: the longer side is cut to a whole number. */
function withShorterSide({ width, height }: Size, side: number): Size {
  return width <= height ? { width: side, height: Math.trunc((side * height) / width) } : { width: Math.trunc((side * width) / height), height: side };
}

function ratios(image: Size, target: Size): [number, number] {
  return [image.height / target.height, image.width / target.width];
}

/** timm's `ResizeKeepRatio`. */
function scaled({ width, height }: Size, ratio: number): Size {
  return { width: roundHalfToEven(width / ratio), height: roundHalfToEven(height / ratio) };
}

/** A side that rounds to nothing, as of a thread 1 × 1000 in `border` mode, makes timm fail. */
function atLeastOne({ width, height }: Size): Size {
  return { width: Math.max(1, width), height: Math.max(1, height) };
}

/** Which pixels of a resized side are kept, and at which pixel of the input the first of them comes. */
interface Span {
  readonly from: number;
  readonly length: number;
  readonly at: number;
}

/** torchvision's `CenterCrop`: what is missing is padded first, one pixel more behind than before if it is odd. */
function centred(side: number, input: number): Span {
  if (side < input) return { from: 0, length: side, at: Math.floor((input - side) / 2) };
  return { from: roundHalfToEven((side - input) / 2), length: input, at: 0 };
}

/** Puts the image at its place in a plain colour, of 0 where `fill` says nothing. */
function pad(image: Raster, { left, top, width, height }: Size & { readonly left: number; readonly top: number }, fill: readonly number[]): Raster {
  const { channels } = image;
  if (image.width === width && image.height === height) return image;
  const pixels = new Uint8Array(width * height * channels);
  for (const [channel, value] of fill.entries()) {
    for (let i = channel; i < pixels.length; i += channels) pixels[i] = value;
  }
  const row = image.width * channels;
  for (let y = 0; y < image.height; y++) pixels.set(image.pixels.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels);
  return { pixels, width, height, channels };
}

function toByte(share: number): number {
  return Math.min(255, Math.max(0, roundHalfToEven(255 * share)));
}

/** As Python's `round`. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** In float32; a quotient of float32 numbers that is rounded first to float64 is the same. */
function normalised(value: number, mean: number, std: number): number {
  return Math.fround(Math.fround(value / 255) - Math.fround(mean)) / Math.fround(std);
}

function refuse(found: string): PipelineError {
  return new PipelineError('COMMAND_INVALID', `${found}; they must be the same number`);
}
