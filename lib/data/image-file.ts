import { readFile } from 'node:fs/promises';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { PipelineError } from '../errors.js';
import type { Raster } from './resample.js';

/** Larger images are taken for decompression bombs: a small file that unpacks to gigabytes. About 16,383 × 16,383. */
const MOST_PIXELS = 268_402_689;

export interface ImageLimits {
  /** Default: 268,402,689. */
  readonly mostPixels?: number | undefined;
}

export type ImageFormat = keyof typeof SIGNATURES;

/**
 * Runs `decode` on a whole JPEG, PNG or WebP, of a file or at hand; `open` gives it to libvips. The content decides the format, not
 * the extension. Throws DATA_INVALID with `evidence: { file, reason }` where the image is at fault, whatever else is thrown as it is.
 */
export async function decodeImage<Result>(
  source: string | Uint8Array,
  { mostPixels = MOST_PIXELS }: ImageLimits,
  decode: (open: (options?: SharpOptions) => Sharp, format: ImageFormat) => Promise<Result>,
): Promise<Result> {
  const [name, bytes] = typeof source === 'string' ? [source, await readWhole(source)] : ['the given bytes', bufferOf(source)];
  const format = formatOf(bytes);
  if (format === undefined) throw unreadable(name, describe(bytes));
  try {
    // failOn 'warning', the default, makes a file that ends early an error instead of a half grey image.
    return await decode((options) => sharp(bytes, { ...options, limitInputPixels: mostPixels }), format);
  } catch (error) {
    const said = String(error instanceof Error ? error.message : error).split('\n', 1)[0]!;
    if (/exceeds pixel limit/.test(said)) throw unreadable(name, `the image has more than ${mostPixels} pixels, the most that is decoded`, error);
    // Of two decodings at once libvips may tell one of them only that it failed: the reason is ours, so that it is always the same.
    throw unreadable(name, `the ${format} file ${endsEarly(format, bytes) ? 'is cut short' : 'is damaged'}`, error);
  }
}

/** The pixels in a colour space of libvips; 16 bits are cut to 8. */
export async function readPixels(image: Sharp, space: 'srgb' | 'cmyk'): Promise<Raster> {
  const { data, info } = await image.toColourspace(space).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height, channels: info.channels };
}

const SIGNATURES = {
  JPEG: (bytes: Buffer) => startsWith(bytes, 'ffd8ff'),
  PNG: (bytes: Buffer) => startsWith(bytes, '89504e470d0a1a0a'),
  WebP: (bytes: Buffer) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
} as const;

/** Whether the mark that ends a whole file of its format is missing. Trailing bytes behind the mark are common. */
function endsEarly(format: ImageFormat, bytes: Buffer): boolean {
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
function formatOf(bytes: Buffer): ImageFormat | undefined {
  return (Object.keys(SIGNATURES) as ImageFormat[]).find((format) => SIGNATURES[format](bytes));
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
  ENOENT: 'it does not exist, or its name cannot be read',
  ENAMETOOLONG: 'its path is too long',
  EISDIR: 'it is a folder, not a file',
  ERR_FS_FILE_TOO_LARGE: 'it has more than 2 GiB',
};

async function readWhole(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = FILE_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason === undefined ? error : unreadable(file, reason, error);
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function unreadable(file: string, reason: string, cause?: unknown): PipelineError {
  return new PipelineError('DATA_INVALID', `${file}: ${reason}`, { cause, evidence: { file, reason } });
}
