import { decodeImage, type ImageLimits } from './image-file.js';
import { fitImage } from './resize.js';
import type { ImageShape } from './source.js';

/**
 * A JPEG, PNG or WebP file → uint8 [size, size, channels], upright by its EXIF orientation, in sRGB (an embedded
 * profile and CMYK are converted), transparency on black, the first frame of several, 16 bits cut to 8.
 * Throws DATA_INVALID with `evidence: { file, reason }`.
 */
export function decodeFile(file: string, image: ImageShape, limits: ImageLimits = {}): Promise<Uint8Array> {
  return decodeImage(file, limits, (open) => fitImage(open().autoOrient().flatten({ background: '#000' }), image));
}
