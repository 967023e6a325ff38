import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { invalid, parseHeader, printHeader, type Entry, type Header } from './safetensors-header.js';

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

/** Longest header that the safetensors library reads, in bytes. */
const HEADER_LIMIT = 100_000_000;

/**
 * Reads a safetensors file, tensor by tensor, so memory holds it once.
 * Throws WEIGHTS_INVALID with the file's name and the byte if anything in it is not as its header says.
 */
export async function readTensors(file: string): Promise<TensorFile> {
  const handle = await open(file, 'r');
  try {
    const { entries, metadata, dataStart } = await readHeader(handle, file);
    const tensors = new Map<string, StoredTensor>();
    for (const entry of entries) {
      const bytes = await readExactly(handle, dataStart + entry.begin, entry.end - entry.begin, file);
      tensors.set(entry.name, { shape: entry.shape, values: decode(entry, bytes) });
    }
    return { tensors, metadata };
  } finally {
    await handle.close();
  }
}

/** Writes a safetensors file. The same content gives the same bytes, whatever its order. */
export async function writeTensors(file: string, content: TensorFile): Promise<void> {
  await writeFile(file, encodeTensors(content));
}

/**
 * The bytes of a safetensors file: header first, then a view of each tensor's own memory.
 * Ordered as the safetensors library does, wider numbers first and then by name, so its files come out as they went in.
 */
export function encodeTensors({ tensors, metadata }: TensorFile): Uint8Array[] {
  const ordered = [...tensors].sort(
    ([a, x], [b, y]) => y.values.BYTES_PER_ELEMENT - x.values.BYTES_PER_ELEMENT || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  let end = 0;
  const entries = ordered.map(([name, { shape, values }]): Entry => {
    const begin = end;
    end += values.byteLength;
    return { name, dtype: values instanceof BigInt64Array ? 'I64' : 'F32', shape, begin, end };
  });
  const header = Buffer.from(printHeader({ entries, metadata }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return [length, header, ...ordered.map(([, { values }]) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))];
}

async function readHeader(handle: FileHandle, file: string): Promise<Header & { readonly dataStart: number }> {
  const { size } = await handle.stat();
  if (size < 8) throw invalid(file, 0, `the file has ${size} bytes`, 'the first 8 give the length of the header');
  const said = Buffer.from(await readExactly(handle, 0, 8, file)).readBigUInt64LE();
  if (said > BigInt(Math.min(HEADER_LIMIT, size - 8))) {
    throw invalid(file, 0, `the header is said to have ${said} bytes`, `the file has ${size - 8} more, and ${HEADER_LIMIT} is the most`);
  }
  const length = Number(said);
  const json = Buffer.from(await readExactly(handle, 8, length, file)).toString('utf8');
  return { ...parseHeader(json, size - 8 - length, file), dataStart: 8 + length };
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
      return new Float32Array(Int32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), float16);
  }
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
