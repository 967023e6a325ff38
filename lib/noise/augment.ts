import type { NoiseSpec } from '../spec/resolved.js';
import { crop } from './crop.js';
import { flipHorizontally } from './flip.js';
import type { Image } from './image.js';
import { randAugment } from './rand-augment.js';
import type { Stream } from './random.js';
import type { NoiseTally } from './tally.js';

export interface AugmentInput {
  /** uint8 [size, size, channels], row-major; not changed. */
  readonly image: Uint8Array;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly noise: NoiseSpec;
  /** 0…255 per channel, see `fillColour`. */
  readonly fill: readonly number[];
  /** The draws of this image in this epoch or step. */
  readonly stream: Stream;
  /** Counted up. */
  readonly tally: NoiseTally;
  /** uint8 [size, size, channels]: receives the result; other memory than `image`. */
  readonly to: Uint8Array;
  /** uint8 [2 · size · size · channels] for what stands between two changes; made where it is not given. */
  readonly scratch?: Uint8Array;
}

/** The noise of one training image, in timm's order: crop, then flip, then RandAugment. */
export function augmentImage({ image, size, channels, noise, fill, stream, tally, to, scratch }: AugmentInput): void {
  if (image.length !== size * size * channels || to.length !== image.length) {
    throw new RangeError(`an image of ${image.length} bytes and a result of ${to.length} are not both [${size}, ${size}, ${channels}]`);
  }
  const source: Image = { pixels: image, width: size, height: size, channels };
  const [first, second] = noise.randAugment === null ? [to] : halves(scratch ?? new Uint8Array(2 * to.length));
  const framed: Image = { ...source, pixels: first! };
  tally.images++;

  if (noise.crop === null) framed.pixels.set(image);
  else if (crop(source, framed.pixels, { pad: noise.crop.pad, fill, stream })) tally.shifted++;

  if (noise.flip === 'horizontal' && stream.sign() === 1) {
    flipHorizontally(framed);
    tally.flipped++;
  }

  if (noise.randAugment !== null) randAugment(framed, to, { spec: noise.randAugment, fill, stream, tally, spare: second! });
  if (Buffer.compare(image, to) === 0) tally.unchanged++;
}

function halves(both: Uint8Array): [Uint8Array, Uint8Array] {
  const half = both.length / 2;
  return [both.subarray(0, half), both.subarray(half)];
}
