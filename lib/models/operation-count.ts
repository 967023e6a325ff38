import type { Network } from './outline.js';

/**
 * Multiply-accumulates of one image of `height` x `width` pixels: every product of the convolutions (squeeze-and-excitation
 * included) and of the classifier, and 2 for each number that a batch norm scales and shifts. timm's tables count in this way: their
 * GMACs of the ten Noisy Student models come out to the last printed digit, and without the norms none does.
 * `norms: false` leaves those out, as after folding.
 */
export function multiplyAccumulates(network: Network, { height, width }: { height: number; width: number }, { norms = true } = {}): number {
  const perNorm = norms ? 2 : 0;
  const halved = (pixels: number, stride: number) => Math.ceil(pixels / stride);
  let [rows, columns] = [halved(height, 2), halved(width, 2)];
  /** A convolution and its norm: each of `outputs` channels of each pixel is a sum of `terms` products. */
  const convolution = (terms: number, outputs: number) => rows * columns * outputs * (terms + perNorm);

  let sum = convolution(9 * network.channels, network.stem);
  for (const { expand, stride, kernel, in: input, mid, out, reduced } of network.blocks) {
    if (expand > 1) sum += convolution(input, mid);
    [rows, columns] = [halved(rows, stride), halved(columns, stride)];
    sum += convolution(kernel ** 2, mid) + 2 * mid * reduced + convolution(mid, out);
  }
  if (network.head) sum += convolution(network.blocks.at(-1)?.out ?? network.stem, network.features);
  return sum + network.pooled * network.classes;
}

/** Numbers of the two largest neighbouring maps of one image: both must be in memory while one becomes the other. */
export function largestMaps(network: Network, { height, width }: { height: number; width: number }): number {
  const halved = (pixels: number, stride: number) => Math.ceil(pixels / stride);
  let [rows, columns] = [halved(height, 2), halved(width, 2)];
  const sizes = [height * width * network.channels, rows * columns * network.stem];
  for (const { stride, mid, out } of network.blocks) {
    sizes.push(rows * columns * mid);
    [rows, columns] = [halved(rows, stride), halved(columns, stride)];
    sizes.push(rows * columns * mid, rows * columns * out);
  }
  return Math.max(...sizes.slice(1).map((size, i) => size + sizes[i]!));
}
