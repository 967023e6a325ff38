import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs/minimal.js';
import { maskedCrc32c } from '../../lib/tensor/crc32c.js';
import { readTable } from '../../lib/tensor/sorted-table.js';

interface Entry {
  /** Bytes that the key shares with the one before it, and the rest of the key. */
  readonly shared: number;
  readonly rest: Uint8Array;
  readonly value: Uint8Array;
}

test('keys that share their beginning are put together', () => {
  const table = tableOf([[entry(0, 'blocks.0'), entry(7, '1'), entry(0, 'conv')]]);
  assert.deepEqual(
    readTable(table).map(({ key }) => key),
    ['blocks.0', 'blocks.1', 'conv'],
  );
});

test('a small file cannot hold keys that fill the memory', () => {
  const long = 'k'.repeat(100_000);
  const table = tableOf([[entry(0, long), ...Array.from({ length: 10_000 }, () => entry(long.length, ''))]]);
  assert.ok(table.length < 200_000);
  assert.throws(() => readTable(table), { name: 'RangeError', message: /has a key of 100000 bytes, but 1000 are the most/ });
});

test('many keys of the longest kind are refused by their sum', () => {
  const long = 'k'.repeat(999);
  const table = tableOf([[entry(0, long), ...Array.from({ length: 10_000 }, () => entry(999, ''))]]);
  assert.throws(() => readTable(table), { name: 'RangeError', message: /has keys of more than 4194304 bytes/ });
});

test('a block cannot be read again and again', () => {
  const table = tableOf([[entry(0, 'a')]], (blocks) => Array.from({ length: 1000 }, () => blocks[0]!));
  assert.throws(() => readTable(table), { name: 'RangeError', message: /the block at byte 0 overlaps the one before it/ });
});

function entry(shared: number, rest: string, value: Uint8Array = new Uint8Array()): Entry {
  return { shared, rest: Buffer.from(rest), value };
}

/** LevelDB's format: blocks, an empty block that says more about the table, the index of the blocks, the footer. */
function tableOf(blocks: readonly (readonly Entry[])[], listed: (handles: readonly Uint8Array[]) => readonly Uint8Array[] = (handles) => handles): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (entries: readonly Entry[]): Uint8Array => {
    const begin = parts.reduce((sum, { length }) => sum + length, 0);
    const block = blockOf(entries);
    parts.push(block);
    return protobuf.Writer.create().uint64(begin).uint64(block.length - 5).finish(); // prettier-ignore
  };
  const handles = blocks.map(add);
  const more = add([]);
  const index = add(listed(handles).map((handle, i) => entry(0, String(i), handle)));
  const footer = Buffer.alloc(48);
  footer.set([...more, ...index]);
  footer.set([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb], 40);
  return Buffer.concat([...parts, footer]);
}

/** Behind the entries stand one restart, their count, the compression (none) and the checksum. */
function blockOf(entries: readonly Entry[]): Buffer {
  const written = entries.map(({ shared, rest, value }) =>
    Buffer.concat([protobuf.Writer.create().uint32(shared).uint32(rest.length).uint32(value.length).finish(), rest, value]),
  );
  const block = Buffer.concat([...written, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 0])]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(maskedCrc32c(block));
  return Buffer.concat([block, checksum]);
}
