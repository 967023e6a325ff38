import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { maskedCrc32c } from './crc32c.js';
import { attribute, DATA_TYPE, GraphDef } from './graph-def.js';
import { tf } from './runtime.js';
import { openSession } from './session.js';
import { readTable, whole } from './sorted-table.js';

/** Endings of a checkpoint's files. */
export const BUNDLE_FILES = { index: '.index', data: '.data-00000-of-00001' } as const;

export interface BundleTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

/**
 * Writes TensorFlow's checkpoint `prefix.index` and `prefix.data-00000-of-00001`; the folder exists. The same tensors in the same order
 * give the same bytes. Blocks; libtensorflow copies the numbers once, to align them. Throws what it finds wrong.
 */
export function writeBundle(prefix: string, tensors: readonly BundleTensor[]): void {
  const graph = new GraphDef();
  const fed = tensors.map(({ shape }, i) => graph.add('Placeholder', [], { dtype: attribute.type(DATA_TYPE.float32), shape: attribute.shape(shape) }, `t${i}`));
  const file = graph.texts(prefix);
  const [names, whole] = [graph.texts(tensors.map(({ name }) => name)), graph.texts(tensors.map(() => ''))];
  const saved = graph.add('SaveV2', [file, names, whole, ...fed], { dtypes: attribute.types(tensors.map(() => DATA_TYPE.float32)) });
  // The addon cannot run an operation for its effect alone, nor hand over texts.
  const one = graph.constant(DATA_TYPE.int32, [], new Uint8Array([1, 0, 0, 0]));
  const done = graph.add('Identity', [one, `^${saved}`], { T: attribute.type(DATA_TYPE.int32) }, 'saved');
  const session = openSession(graph, path.dirname(prefix));
  try {
    tf.tidy(() => {
      session.run(new Map(tensors.map(({ values, shape }, i) => [fed[i]!, tf.tensor(values, [...shape], 'float32')])), [done]);
    });
  } finally {
    session.dispose();
  }
}

/** Where a tensor stands in the data file of a checkpoint. */
export interface BundleEntry {
  readonly name: string;
  /** libtensorflow's number. */
  readonly type: number;
  readonly shape: readonly number[];
  /** In bytes. */
  readonly begin: number;
  readonly length: number;
  readonly checksum: number;
}

/**
 * The tensors of a checkpoint, from the bytes of its index file (tensor_bundle.proto). Throws RangeError with what is wrong, also for
 * a checkpoint in several files, or of tensors in slices.
 */
export function parseBundleIndex(index: Uint8Array): BundleEntry[] {
  try {
    return parseIndex(index);
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError(`it is no index of tensors (${(error as Error).message})`, { cause: error });
  }
}

/** The numbers of a float32 tensor. Throws RangeError if the file is shorter, or the bytes do not match the checksum. */
export async function readBundleTensor(data: FileHandle, { name, type, shape, begin, length, checksum }: BundleEntry): Promise<Float32Array> {
  const bytesOfShape = shape.reduce((product, side) => product * side, Float32Array.BYTES_PER_ELEMENT);
  if (type !== DATA_TYPE.float32) throw new RangeError(`"${name}" is of TensorFlow's type ${type}, but must be float32, which is ${DATA_TYPE.float32}`);
  if (length !== bytesOfShape || begin < 0)
    throw new RangeError(`"${name}" is said to have ${length} bytes from ${begin} on, but [${shape}] float32 takes ${bytesOfShape}`);
  const { size } = await data.stat();
  if (begin + length > size) throw new RangeError(`the file has ${size} bytes, but "${name}" ends at byte ${begin + length}`);
  const values = new Float32Array(length / Float32Array.BYTES_PER_ELEMENT);
  const bytes = new Uint8Array(values.buffer);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await data.read(bytes, done, length - done, begin + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${begin + done}, in "${name}"`);
    done += bytesRead;
  }
  if (maskedCrc32c(bytes) !== checksum) throw new RangeError(`"${name}", at byte ${begin}, does not match its checksum`);
  return values;
}

function parseIndex(index: Uint8Array): BundleEntry[] {
  const [header, ...entries] = readTable(index);
  if (header?.key !== '') throw new RangeError('the table has no header');
  const { number } = fieldsOf(header.value);
  if (number(1) !== 1 || number(2) !== 0) throw new RangeError(`the tensors stand in ${number(1)} files, or big-endian, but must be in one, little-endian`);
  return entries.map(({ key: name, value }) => parseEntry(name, value));
}

function parseEntry(name: string, value: Uint8Array): BundleEntry {
  const { number, messages } = fieldsOf(value);
  if (number(3) !== 0) throw new RangeError(`"${name}" is said to be in file ${number(3)} of one`);
  if (messages(7).length > 0) throw new RangeError(`"${name}" is stored in slices`);
  const shape = messages(2).flatMap((proto) => fieldsOf(proto).messages(2).map((side) => fieldsOf(side).number(1))); // prettier-ignore
  return { name, type: number(1), shape, begin: number(4), length: number(5), checksum: number(6) };
}

/** The fields of a protobuf message, as far as the index has them: whole numbers, 0 where one is absent, and messages. */
function fieldsOf(bytes: Uint8Array): { number(field: number): number; messages(field: number): readonly Uint8Array[] } {
  const numbers = new Map<number, number>();
  const messages = new Map<number, Uint8Array[]>();
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    const [field, wireType] = [key >>> 3, key & 7];
    if (wireType === 0) numbers.set(field, whole(reader.int64()));
    else if (wireType === 5) numbers.set(field, reader.fixed32());
    else if (wireType === 2) messages.set(field, [...(messages.get(field) ?? []), reader.bytes()]);
    else throw new RangeError(`a field has the wire type ${wireType}`);
  }
  return { number: (field) => numbers.get(field) ?? 0, messages: (field) => messages.get(field) ?? [] };
}
