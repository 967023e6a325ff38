import type { Sharp } from 'sharp';
import { greyOf } from './colours.js';
import { readPixels } from './image-file.js';
import { resample, type Raster } from './resample.js';
import type { ImageShape } from './source.js';

/**
 * Brings an image of any size to uint8 [size, size, channels]: the shorter side becomes `size` by antialiased bicubic
 * (Catmull-Rom, a = −0.5), then the longer side is cut at its centre. An image that has the right size keeps every
 * byte. Shrinking is libvips's; enlarging is ours, because libvips's moves the content by half a pixel.
 */
export async function fitImage(image: Sharp, { size, channels }: ImageShape): Promise<Uint8Array> {
  const { width, height } = (await image.metadata()).autoOrient;
  const rgb = Math.min(width, height) < size ? enlarge(await readPixels(image, 'srgb'), size) : (await readPixels(shrink(image, size), 'srgb')).pixels; // [size, size, 3]
  return channels === 3 ? rgb : greyOf(rgb);
}

function shrink(image: Sharp, size: number): Sharp {
  return image
    .pipelineColourspace('srgb') // Also keeps the JPEG decoder from shrinking by itself, which would make pixels depend on format and orientation.
    .resize(size, size, { fit: 'cover', position: 'centre', kernel: 'cubic' });
}

function enlarge(image: Raster, size: number): Uint8Array {
  const ratio = size / Math.min(image.width, image.height);
  const [width, height] = [Math.round(image.width * ratio), Math.round(image.height * ratio)];
  const cut = { left: Math.floor((width - size) / 2), top: Math.floor((height - size) / 2), width: size, height: size };
  return resample(image, width, height, 'bicubic', cut).pixels;
}
