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
}

/** The noise of one training image, in timm's order: crop, then flip, then RandAugment. */
export function augmentImage({ image, size, channels, noise, fill, stream, tally, to }: AugmentInput): void {
  if (image.length !== size * size * channels || to.length !== image.length) {
    throw new RangeError(`an image of ${image.length} bytes and a result of ${to.length} are not both [${size}, ${size}, ${channels}]`);
  }
  const source: Image = { pixels: image, width: size, height: size, channels };
  const framed: Image = noise.randAugment === null ? { ...source, pixels: to } : { ...source, pixels: new Uint8Array(to.length) };
  tally.images++;

  if (noise.crop === null) framed.pixels.set(image);
  else if (crop(source, framed.pixels, { pad: noise.crop.pad, fill, stream })) tally.shifted++;

  if (noise.flip === 'horizontal' && stream.sign() === 1) {
    flipHorizontally(framed);
    tally.flipped++;
  }

  if (noise.randAugment !== null) randAugment(framed, to, { spec: noise.randAugment, fill, stream, tally });
  if (Buffer.compare(image, to) === 0) tally.unchanged++;
}
