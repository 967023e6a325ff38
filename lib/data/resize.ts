import type { Sharp } from 'sharp';
import { resizeBicubic, type Raster } from './bicubic.js';
import type { ImageShape } from './source.js';

/**
 * Brings an image of any size to uint8 [size, size, channels]: the shorter side becomes `size` by antialiased bicubic
 * (Catmull-Rom, a = −0.5), then the longer side is cut at its centre. An image that has the right size keeps every
 * byte. Shrinking is libvips's; enlarging is ours, because libvips's moves the content by half a pixel.
 */
export async function fitImage(image: Sharp, { size, channels }: ImageShape): Promise<Uint8Array> {
  const { width, height } = (await image.metadata()).autoOrient;
  const rgb = Math.min(width, height) < size ? enlarge(await decodeRgb(image), size) : (await decodeRgb(shrink(image, size))).pixels; // [size, size, 3]
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
  return resizeBicubic(image, width, height, cut).pixels;
}

async function decodeRgb(image: Sharp): Promise<Raster> {
  const { data, info } = await image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height, channels: info.channels }; // [height, width, 3]
}

/** [n, 3] → [n]: ITU-R 601 luma in the whole numbers of Pillow's `convert('L')`; a grey triple keeps its value. */
function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = (19595 * rgb[3 * i]! + 38470 * rgb[3 * i + 1]! + 7471 * rgb[3 * i + 2]! + 0x8000) >> 16;
  return grey;
}

/** [n] → [n, 3]. */
export function repeatGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, 3 * i, 3 * i + 3);
  return rgb;
}
