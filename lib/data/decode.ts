import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { PipelineError } from '../errors.js';
import { fitImage } from './resize.js';
import type { ImageShape } from './source.js';

/** Larger images are taken for decompression bombs: a small file that unpacks to gigabytes. About 16,383 × 16,383. */
const MOST_PIXELS = 268_402_689;

/**
 * A JPEG, PNG or WebP file → uint8 [size, size, channels], upright by its EXIF orientation, in sRGB (an embedded
 * profile and CMYK are converted), transparency on black, the first frame of several, 16 bits cut to 8.
 * Throws DATA_INVALID with `evidence: { file, reason }`.
 */
export async function decodeFile(file: string, image: ImageShape, limits: { readonly mostPixels?: number } = {}): Promise<Uint8Array> {
  const bytes = await readWhole(file);
  const format = formatOf(bytes);
  if (format === undefined) throw unreadable(file, describe(bytes));
  const mostPixels = limits.mostPixels ?? MOST_PIXELS;
  try {
    // failOn 'warning', the default, makes a file that ends early an error instead of a half grey image.
    return await fitImage(sharp(bytes, { limitInputPixels: mostPixels }).autoOrient().flatten({ background: '#000' }), image);
  } catch (error) {
    const said = String(error instanceof Error ? error.message : error).split('\n', 1)[0]!;
    if (/exceeds pixel limit/.test(said)) throw unreadable(file, `the image has more than ${mostPixels} pixels, the most that is decoded`, error);
    // Of two decodings at once libvips may tell one of them only that it failed: the reason is ours, so that it is always the same.
    throw unreadable(file, `the ${format} file ${endsEarly(format, bytes) ? 'is cut short' : 'is damaged'}`, error);
  }
}

const SIGNATURES = {
  JPEG: (bytes: Buffer) => startsWith(bytes, 'ffd8ff'),
  PNG: (bytes: Buffer) => startsWith(bytes, '89504e470d0a1a0a'),
  WebP: (bytes: Buffer) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
} as const;

type Format = keyof typeof SIGNATURES;

/** Whether the mark that ends a whole file of its format is missing. Trailing bytes behind the mark are common. */
function endsEarly(format: Format, bytes: Buffer): boolean {
  switch (format) {
    case 'JPEG':
      return !bytes.subarray(-64).includes(Buffer.from('ffd9', 'hex'));
    case 'PNG':
      return !bytes.subarray(-64).includes('IEND');
    case 'WebP':
      return bytes.length < 12 || bytes.length < bytes.readUInt32LE(4) + 8;
  }
}

/** By content: many a picture of the web has the wrong extension. */
function formatOf(bytes: Buffer): Format | undefined {
  return (Object.keys(SIGNATURES) as Format[]).find((format) => SIGNATURES[format](bytes));
}

const OTHERS: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'a GIF': (bytes) => bytes.toString('latin1', 0, 4) === 'GIF8',
  'a BMP': (bytes) => bytes.toString('latin1', 0, 2) === 'BM',
  'a TIFF': (bytes) => startsWith(bytes, '49492a00') || startsWith(bytes, '4d4d002a'),
  'a HEIC or AVIF': (bytes) => bytes.toString('latin1', 4, 8) === 'ftyp',
};

function describe(bytes: Buffer): string {
  if (bytes.length === 0) return 'the file is empty (0 bytes)';
  const start = bytes.subarray(0, 512);
  if (start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) {
    return `the file is text that begins with ${JSON.stringify(start.toString('utf8', 0, 24))}, but must be a JPEG, PNG or WebP image`;
  }
  const other = Object.keys(OTHERS).find((name) => OTHERS[name]!(bytes));
  const found = other ? `is ${other} image` : `begins with the bytes ${start.subarray(0, 8).toString('hex')}`;
  return `the file ${found}, but must be a JPEG, PNG or WebP image`;
}

function startsWith(bytes: Buffer, hex: string): boolean {
  return bytes.toString('hex', 0, hex.length / 2) === hex;
}

/** What one person can mend in one file. Anything else (a failing disk, too many open files) ends the work. */
export const FILE_FAULTS: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission to read it',
  EPERM: 'there is no permission to read it',
  ENOENT: 'it is gone, or its name cannot be read',
  ENAMETOOLONG: 'its path is too long',
};

async function readWhole(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = FILE_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason === undefined ? error : unreadable(file, reason, error);
  }
}

function unreadable(file: string, reason: string, cause?: unknown): PipelineError {
  return new PipelineError('DATA_INVALID', `${file}: ${reason}`, { cause, evidence: { file, reason } });
}
