import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { constants, gunzipSync, type ZlibOptions } from 'node:zlib';

/** A pair of files of the MNIST family: `<prefix>-images-idx3-ubyte` and `<prefix>-labels-idx1-ubyte`, or with `.gz`. */
export type IdxPart = 'images' | 'labels';

const ENDING: Readonly<Record<IdxPart, string>> = { images: '-images-idx3-ubyte', labels: '-labels-idx1-ubyte' };
/** First four bytes: 0, 0, the type (8 = unsigned byte), the number of dimensions. */
const MAGIC: Readonly<Record<IdxPart, number>> = { images: 0x00000803, labels: 0x00000801 };
/** Labels are read whole only up to this many bytes; more would make a check slow. */
const MAX_LABELS = 16_000_000;

/** The prefixes that a path may mean: itself, and the MNIST family's own name for a test set. */
export function idxPrefixes(path: string): string[] {
  return basename(path) === 'test' ? [path, join(dirname(path), 't10k')] : [path];
}

export function idxFile(prefix: string, part: IdxPart): string | undefined {
  return [`${prefix}${ENDING[part]}`, `${prefix}${ENDING[part]}.gz`].find((file) => existsSync(file));
}

/** The name of the file as a message says it. */
export function idxName(path: string, part: IdxPart): string {
  return `${path}${ENDING[part]}`;
}

/** The prefix that a file name has, or undefined if it is of no image file. */
export function idxPrefixOf(fileName: string): string | undefined {
  return /^(.+)-images-idx3-ubyte(\.gz)?$/.exec(fileName)?.[1];
}

/** Images of each label, from the labels file; undefined if the file is too large to read in passing. Throws Error with a reason. */
export function countLabels(file: string): ReadonlyMap<string, number> | undefined {
  if (statSync(file).size > MAX_LABELS) return undefined;
  const bytes = unpacked(readFileSync(file), file, { maxOutputLength: MAX_LABELS });
  const count = headerOf(bytes, file, 'labels');
  if (bytes.length !== 8 + count) throw new Error(`${file} says that it has ${count} labels, but has ${bytes.length - 8}`);
  const counts = new Map<string, number>();
  for (const label of bytes.subarray(8)) counts.set(String(label), (counts.get(String(label)) ?? 0) + 1);
  return counts;
}

/** Number of images, from the first bytes of the file. Throws Error with a reason. */
export function countImages(file: string): number {
  const bytes = unpacked(firstBytes(file, 4096), file, { finishFlush: constants.Z_SYNC_FLUSH });
  const count = headerOf(bytes, file, 'images');
  const expected = 16 + count * bytes.readUInt32BE(8) * bytes.readUInt32BE(12);
  const found = statSync(file).size;
  if (!file.endsWith('.gz') && found !== expected) throw new Error(`${file} must have ${expected} bytes by its header, but has ${found}`);
  return count;
}

function headerOf(bytes: Buffer, file: string, part: IdxPart): number {
  const magic = bytes.length >= (part === 'images' ? 16 : 8) ? bytes.readUInt32BE(0) : undefined;
  if (magic !== MAGIC[part]) throw new Error(`${file} is not an IDX file of ${part}: it must begin with the bytes 00 00 08 0${MAGIC[part] & 3}`);
  return bytes.readUInt32BE(4);
}

function unpacked(bytes: Buffer, file: string, options: ZlibOptions): Buffer {
  if (!file.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    throw new Error(`${file} cannot be unpacked: ${(error as Error).message}`);
  }
}

function firstBytes(file: string, length: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(handle, bytes, 0, length, 0));
  } finally {
    closeSync(handle);
  }
}
