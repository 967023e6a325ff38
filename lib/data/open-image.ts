import { greyOf, rgbOfCmyk } from './colours.js';
import { decodeImage, readPixels, type ImageLimits } from './image-file.js';
import type { Raster } from './resample.js';

export interface OpenOptions extends ImageLimits {
  /** 3 (default): RGB. 1: luma. */
  readonly channels?: 1 | 3 | undefined;
  /** Turn the image as its EXIF orientation says; default: true. Pillow and timm leave it as it is stored: false. */
  readonly upright?: boolean | undefined;
}

/**
 * A JPEG, PNG or WebP, a file or its bytes → uint8 [height, width, channels] with the pixels of Pillow's
 * `Image.open(file).convert('RGB' or 'L')`: profiles are ignored, what is transparent keeps the colour that it hides, CMYK is
 * converted without a profile, and of several frames the first is taken. Only 16-bit grey differs: it is cut to 8 bits, where Pillow
 * makes nearly all of it white. Throws DATA_INVALID with `evidence: { file, reason }`.
 */
export function openImage(source: string | Uint8Array, { channels = 3, upright = true, mostPixels }: OpenOptions = {}): Promise<Raster> {
  return decodeImage(source, { mostPixels }, async (open, format) => {
    const stored = open({ ignoreIcc: true });
    const isCmyk = format === 'JPEG' && (await stored.metadata()).space === 'cmyk';
    const image = upright ? stored.autoOrient() : stored;
    const rgb = isCmyk ? inRgb(await readPixels(image.pipelineColourspace('cmyk'), 'cmyk')) : await readPixels(image.removeAlpha(), 'srgb');
    return channels === 3 ? rgb : { ...rgb, pixels: greyOf(rgb.pixels), channels };
  });
}

/** [height, width, 4] → [height, width, 3]. */
function inRgb(cmyk: Raster): Raster {
  return { ...cmyk, pixels: rgbOfCmyk(cmyk.pixels), channels: 3 };
}
