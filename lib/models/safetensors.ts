import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { DTYPE_BYTES, invalid, parseHeader, printHeader, type Entry, type Header } from './safetensors-header.js';

export type { Entry } from './safetensors-header.js';

export interface StoredTensor {
  /** [] is a scalar. */
  readonly shape: readonly number[];
  /** Row-major. On disk Float32Array is F32, BigInt64Array is I64; F16 and BF16 are widened on reading, which loses nothing. */
  readonly values: Float32Array | BigInt64Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file whose header was read and checked; its tensors are read one by one. */
export interface OpenTensorFile {
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
  read(entry: Entry): Promise<StoredTensor>;
  close(): Promise<void>;
}

/** In bytes: fifty times that of the largest model of the family. The safetensors library reads up to 100 MB, of which a parser makes gigabytes. */
const HEADER_LIMIT = 2 ** 24;

/**
 * Opens a safetensors file and reads its header, which says what will be read: nothing is allocated for a tensor before.
 * Throws WEIGHTS_INVALID with the file's name and the byte if the header is not as it should be; so does reading a tensor.
 */
export async function openTensors(file: string): Promise<OpenTensorFile> {
  const handle = await open(file, 'r');
  try {
    const { entries, metadata, dataStart } = readHeader(handle.fd, file);
    return {
      entries,
      metadata,
      read: async (entry) => {
        const bytes = await readExactly(handle, dataStart + entry.begin, entry.end - entry.begin, file);
        return { shape: entry.shape, values: decode(entry, bytes) };
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The header alone. Throws what `openTensors` throws. */
export function readTensorHeader(file: string): Header {
  const descriptor = openSync(file, 'r');
  try {
    return readHeader(descriptor, file);
  } finally {
    closeSync(descriptor);
  }
}

/** A whole safetensors file. Throws what `openTensors` throws. */
export async function readTensors(file: string): Promise<TensorFile> {
  const opened = await openTensors(file);
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const entry of opened.entries) tensors.set(entry.name, await opened.read(entry));
    return { tensors, metadata: opened.metadata };
  } finally {
    await opened.close();
  }
}

/** A tensor whose numbers are made when their turn comes. */
export interface TensorToWrite {
  readonly dtype: 'F32' | 'I64';
  readonly shape: readonly number[];
  values(): Float32Array | BigInt64Array;
}

/** Writes a safetensors file. The same content gives the same bytes, whatever its order. */
export async function writeTensors(file: string, { tensors, metadata }: TensorFile): Promise<void> {
  await writeEachTensor(file, new Map([...tensors].map(([name, tensor]) => [name, toWrite(tensor)])), metadata);
}

/** The same, holding the numbers of one tensor at a time; ends after the tensor at hand when `signal` aborts, whose reason is thrown. */
export async function writeEachTensor(
  file: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await writeFile(file, encodeTensors(tensors, metadata), signal && { signal });
  } catch (error) {
    signal?.throwIfAborted(); // its own reason, not the word of the file system
    throw error;
  }
}

/**
 * The bytes of a safetensors file: header first, then a view of each tensor's own memory.
 * Ordered as the safetensors library does, wider numbers first and then by name, so its files come out as they went in.
 */
export function* encodeTensors(tensors: ReadonlyMap<string, TensorToWrite>, metadata: Readonly<Record<string, string>>): Generator<Uint8Array> {
  const ordered = [...tensors].sort(([a, x], [b, y]) => DTYPE_BYTES[y.dtype] - DTYPE_BYTES[x.dtype] || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  let end = 0;
  const entries = ordered.map(([name, { dtype, shape }]): Entry => {
    const begin = end;
    end += shape.reduce((product, side) => product * side, DTYPE_BYTES[dtype]);
    return { name, dtype, shape, begin, end };
  });
  const header = Buffer.from(printHeader({ entries, metadata }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  yield length;
  yield header;
  for (const [, tensor] of ordered) {
    const values = tensor.values();
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

export function toWrite({ shape, values }: StoredTensor): TensorToWrite {
  return { dtype: values instanceof BigInt64Array ? 'I64' : 'F32', shape, values: () => values };
}

function readHeader(descriptor: number, file: string): Header & { readonly dataStart: number } {
  const { size } = fstatSync(descriptor);
  if (size < 8) throw invalid(file, 0, `the file has ${size} bytes`, 'the first 8 give the length of the header');
  const said = readSome(descriptor, 0, 8, file).readBigUInt64LE();
  if (said > BigInt(Math.min(HEADER_LIMIT, size - 8))) {
    throw invalid(file, 0, `the header is said to have ${said} bytes`, `the file has ${size - 8} more, and ${HEADER_LIMIT} is the most`);
  }
  const length = Number(said);
  const json = readSome(descriptor, 8, length, file).toString('utf8');
  return { ...parseHeader(json, size - 8 - length, file), dataStart: 8 + length };
}

function readSome(descriptor: number, position: number, bytes: number, file: string): Buffer {
  const buffer = Buffer.alloc(bytes);
  const read = readSync(descriptor, buffer, 0, bytes, position);
  if (read < bytes) throw invalid(file, position + read, 'the file ends', `${bytes - read} more bytes belong here`);
  return buffer;
}

/** In a memory of its own, so that typed arrays may lie over it whatever their alignment. */
async function readExactly(handle: FileHandle, position: number, bytes: number, file: string): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(bytes);
  const view = new Uint8Array(buffer);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(view, done, bytes - done, position + done);
    if (bytesRead === 0) throw invalid(file, position + done, 'the file ends', `${bytes - done} more bytes belong here`);
    done += bytesRead;
  }
  return buffer;
}

/** Files are little-endian, as is every processor that Node.js has libtensorflow for. */
function decode({ dtype }: Entry, buffer: ArrayBuffer): Float32Array | BigInt64Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'BF16':
      return widened(buffer, (half) => half << 16);
    case 'F16':
      return widened(buffer, float32Bits);
  }
}

/** 16 bits of each number to the 32 of the same float32. */
function widened(buffer: ArrayBuffer, bitsOf: (half: number) => number): Float32Array {
  const halves = new Uint16Array(buffer);
  const bits = new Int32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = bitsOf(halves[i]!);
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16 (1 bit of sign, 5 of exponent, 10 of fraction) to the bits of binary32 (1, 8, 23). */
function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a number without a leading 1 gets one
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}
