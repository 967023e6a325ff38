import protobuf from 'protobufjs/minimal.js';
import { maskedCrc32c } from './crc32c.js';

/**
 * The entries of one of TensorFlow's tables on disk (LevelDB's format: sorted keys in blocks, an index of the blocks, a footer), in their
 * order. Throws RangeError with what is wrong: a file that is cut, a block that was changed, or one that is compressed, which
 * TensorFlow's checkpoints are not.
 */
export function readTable(file: Uint8Array): { readonly key: string; readonly value: Uint8Array }[] {
  if (file.length < FOOTER) throw new RangeError(`${file.length} bytes are too few for a table`);
  const footer = file.subarray(file.length - FOOTER);
  if (Buffer.compare(footer.subarray(FOOTER - MAGIC.length), MAGIC) !== 0) throw new RangeError('the mark at the end of a table is missing');
  const reader = protobuf.Reader.create(footer);
  readHandle(reader); // of blocks that say more about the table: none
  const blocks = readBlock(file, readHandle(reader)).map(({ value }) => readHandle(protobuf.Reader.create(value)));
  blocks.reduce((end, { begin, length }) => {
    if (begin < end) throw new RangeError(`the block at byte ${begin} overlaps the one before it`);
    return begin + length;
  }, 0);
  return blocks.flatMap((block) => readBlock(file, block).map(({ key, value }) => ({ key: key.toString(), value })));
}

/** Names of tensors are shorter. Each entry may repeat the key before it at no cost, so that long ones would fill the memory. */
const LONGEST_KEY = 1000;
const MOST_KEY_BYTES = 2 ** 22;

/** Two handles in 40 bytes, and the mark. */
const FOOTER = 48;
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

interface Handle {
  readonly begin: number;
  readonly length: number;
}

function readHandle(reader: protobuf.Reader): Handle {
  return { begin: whole(reader.uint64()), length: whole(reader.uint64()) };
}

/** Behind a block stand its compression, a byte, and the checksum of both. */
function readBlock(file: Uint8Array, { begin, length }: Handle): { readonly key: Buffer; readonly value: Uint8Array }[] {
  const end = begin + length;
  if (end + 5 > file.length) throw new RangeError(`a block is said to end at byte ${end}, but the file has ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (maskedCrc32c(file.subarray(begin, end + 1)) !== view.getUint32(end + 1, true))
    throw new RangeError(`the block at byte ${begin} does not match its checksum`);
  if (file[end] !== 0) throw new RangeError(`the block at byte ${begin} is compressed`);
  const restarts = length < 4 ? Infinity : view.getUint32(end - 4, true);
  const entriesEnd = length - 4 - 4 * restarts;
  if (!(entriesEnd >= 0)) throw new RangeError(`the block at byte ${begin} has no entries`);

  const entries: { key: Buffer; value: Uint8Array }[] = [];
  let keyBytes = 0;
  const reader = protobuf.Reader.create(file.subarray(begin, begin + entriesEnd));
  let before = Buffer.alloc(0);
  while (reader.pos < reader.len) {
    const [shared, rest, size] = [reader.uint32(), reader.uint32(), reader.uint32()];
    if (shared + rest > LONGEST_KEY) throw new RangeError(`the block at byte ${begin} has a key of ${shared + rest} bytes, but ${LONGEST_KEY} are the most`);
    keyBytes += shared + rest;
    if (keyBytes > MOST_KEY_BYTES) throw new RangeError(`the block at byte ${begin} has keys of more than ${MOST_KEY_BYTES} bytes`);
    if (shared > before.length || reader.pos + rest + size > reader.len) throw new RangeError(`the block at byte ${begin} has an entry that does not fit`);
    const at = begin + reader.pos;
    before = Buffer.concat([before.subarray(0, shared), file.subarray(at, at + rest)]);
    entries.push({ key: before, value: file.subarray(at + rest, at + rest + size) });
    reader.skip(rest + size);
  }
  return entries;
}

/** protobufjs gives a number or an object of its own; above 2^53 it is as wrong as it is inexact. */
export function whole(value: number | { toString(): string }): number {
  return Number(value.toString());
}
