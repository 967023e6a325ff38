import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PipelineError } from '../errors.js';
import type { IdxPart } from '../spec/idx.js';

/** An IDX file of unsigned bytes, unpacked, whose header was checked against its length. */
export interface IdxFile {
  readonly handle: FileHandle;
  /** First byte after the header. */
  readonly start: number;
  /** [images, rows, columns] or [labels]. */
  readonly shape: readonly number[];
}

/** Bytes 0, 0, 8 = unsigned byte, number of dimensions; then each dimension as a big-endian 32-bit number. */
const DIMENSIONS: Readonly<Record<IdxPart, readonly string[]>> = { images: ['images', 'rows', 'columns'], labels: ['labels'] };

/**
 * Opens an IDX file for reading at any place. A gzip file is unpacked to `scratch` first, whatever its name says.
 * Throws DATA_INVALID with file, offset, what was found and what is allowed.
 */
export async function openIdx(file: string, part: IdxPart, scratch: string): Promise<IdxFile> {
  const isPacked = await isGzip(file);
  if (isPacked) await unpack(file, createWriteStream(scratch));
  const handle = await open(isPacked ? scratch : file);
  try {
    return { handle, ...(await checkHeader(handle, isPacked ? `${file} (unpacked)` : file, part)) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Hex SHA-256 of the unpacked bytes: one image file packed twice is the same content. */
export async function hashIdx(file: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
  const hash = createHash('sha256');
  const sink = new Writable({ write: (chunk: Buffer, _, done) => (hash.update(chunk), done()) });
  if (await isGzip(file)) await unpack(file, sink, signal);
  else await pipeline(createReadStream(file, LARGE), sink, { ...(signal && { signal }) });
  return hash.digest('hex');
}

/** Bytes at a time: by a stream's own 16 KiB, most of the time goes into handing them on. */
const LARGE = { highWaterMark: 2 ** 20 };

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b;
  } finally {
    await handle.close();
  }
}

async function unpack(file: string, to: Writable, signal?: AbortSignal): Promise<void> {
  let unpacked = 0;
  const counter = new Transform({ transform: (chunk: Buffer, _, done) => ((unpacked += chunk.length), done(null, chunk)) });
  try {
    await pipeline(createReadStream(file, LARGE), createGunzip({ chunkSize: LARGE.highWaterMark }), counter, to, { ...(signal && { signal }) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    const fault = code === 'Z_BUF_ERROR' ? 'ends too early' : `is damaged (${message})`;
    throw invalid(file, unpacked, `a gzip stream that ${fault} at this offset of the unpacked bytes`, 'a whole gzip stream · fetch the file again', error);
  }
}

async function checkHeader(handle: FileHandle, file: string, part: IdxPart): Promise<Omit<IdxFile, 'handle'>> {
  const names = DIMENSIONS[part];
  const start = 4 + 4 * names.length;
  const { size } = await handle.stat();
  const header = Buffer.alloc(start);
  await handle.read(header, 0, start, 0);
  if (size < start) throw invalid(file, size, `the end of the file`, `a header of ${start} bytes`);

  const magic = 0x0800 + names.length;
  if (header.readUInt32BE(0) !== magic)
    throw invalid(
      file,
      0,
      hex(header.readUInt32BE(0)),
      `${hex(magic)} (unsigned bytes, ${names.length} ${names.length === 1 ? 'dimension' : 'dimensions'}: ${names.join(' × ')})`,
    );
  const shape = names.map((name, i) => {
    const found = header.readUInt32BE(4 + 4 * i);
    const most = name === 'rows' || name === 'columns' ? 65_535 : 2 ** 32 - 1;
    if (found < 1 || found > most) throw invalid(file, 4 + 4 * i, `${found} ${name}`, `1 to ${most}`);
    return found;
  });
  const end = start + shape.reduce((product, dimension) => product * dimension, 1);
  if (size < end) throw invalid(file, size, 'the end of the file', `${end} bytes in all, by the header's ${shape.join(' × ')}`);
  if (size > end) throw invalid(file, end, `${size - end} more bytes`, `the end of the file, by the header's ${shape.join(' × ')}`);
  return { start, shape };
}

/** Labels must be as many as images; `images` is the count in the other file's header. */
export function checkLabelCount(file: string, labels: number, images: number): void {
  if (labels !== images) throw invalid(file, 4, `${labels} labels`, `${images}, one for each image of the images file`);
}

function invalid(file: string, offset: number, found: string, allowed: string, cause?: unknown): PipelineError {
  return new PipelineError('DATA_INVALID', `${file}: at offset ${offset} there is ${found}, but must be ${allowed}`, {
    cause,
    evidence: { file, offset, found, allowed },
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
