import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { encodeTensors, readTensors, toWrite, writeTensors, type StoredTensor } from '../../lib/models/safetensors.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'safetensors-'));
});
after(() => rm(folder, { recursive: true }));

/** What the safetensors library (0.8.0, `save_file`) writes for { b: [1.5, -2], a: [[3]], n: 7 } with metadata { format: 'pt' }. */
const LIBRARY_HEADER =
  '{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}';
const LIBRARY_DATA = [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0];

test('a file of the safetensors library is read, and comes out with the same bytes', async () => {
  const bytes = safetensors(LIBRARY_HEADER, LIBRARY_DATA);
  const { tensors, metadata } = await read(bytes);
  assert.deepEqual(metadata, { format: 'pt' });
  assert.deepEqual(tensors.get('n'), { shape: [], values: BigInt64Array.of(7n) });
  assert.deepEqual(tensors.get('a'), { shape: [1, 1], values: Float32Array.of(3) });
  assert.deepEqual(tensors.get('b'), { shape: [2], values: Float32Array.of(1.5, -2) });
  const copy = path.join(folder, 'copy');
  await writeTensors(copy, { tensors, metadata });
  assert.deepEqual(await readFile(copy), bytes);
});

test('the order of the tensors and of the metadata does not reach the file', () => {
  const tensors: [string, StoredTensor][] = [
    ['b', { shape: [2], values: Float32Array.of(1, 2) }],
    ['a', { shape: [], values: BigInt64Array.of(3n) }],
    ['c', { shape: [1, 0], values: new Float32Array(0) }],
  ];
  const [forwards, backwards] = [encode(tensors, { x: '1', y: '2' }), encode(tensors.toReversed(), { y: '2', x: '1' })];
  assert.deepEqual(Buffer.concat(forwards), Buffer.concat(backwards));
});

test('whatever is written is read back: names, shapes, values to the bit, metadata', async () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const tensor = shape.chain((shape) => {
    const count = shape.reduce((product, side) => product * side, 1);
    const float = fc.array(fc.float(), { minLength: count, maxLength: count }).map((values) => Float32Array.from(values));
    const whole = fc
      .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: count, maxLength: count })
      .map((values) => BigInt64Array.from(values));
    return fc.oneof(float, whole).map((values): StoredTensor => ({ shape, values }));
  });
  const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, tensor), fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), async (table, metadata) => {
      const tensors = new Map(Object.entries(table));
      const back = await read(Buffer.concat(encode([...tensors], metadata)));
      assert.deepEqual(new Map([...back.tensors].sort()), new Map([...tensors].sort()));
      assert.deepEqual(back.metadata, metadata);
    }),
    { numRuns: 50 },
  );
});

test('the header is padded so that the data begins at a multiple of 8 bytes', () => {
  for (const name of ['a', 'ab', 'abc', 'ü', '漢字']) {
    const [length, header] = encode([[name, { shape: [], values: Float32Array.of(1) }]], {});
    assert.equal(header!.length % 8, 0);
    assert.equal(Buffer.from(length!).readBigUInt64LE(), BigInt(header!.length));
  }
});

for (const [dtype, bits, values] of [
  ['F16', [0x3c00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000], [1, -2, 2 ** -24, -1023 * 2 ** -24, 65504, Infinity, -Infinity, NaN, -0]],
  ['BF16', [0x3f80, 0xc000, 0x0001, 0x7f7f, 0x7f80, 0xff80, 0x7fc0, 0x8000], [1, -2, 2 ** -133, 255 * 2 ** 120, Infinity, -Infinity, NaN, -0]],
] as const) {
  test(`${dtype} is widened without loss`, async () => {
    const header = JSON.stringify({ x: { dtype, shape: [bits.length], data_offsets: [0, 2 * bits.length] } });
    const { tensors } = await read(safetensors(header, [...new Uint8Array(Uint16Array.from(bits).buffer)]));
    assert.deepEqual(tensors.get('x'), { shape: [bits.length], values: Float32Array.from(values) });
  });
}

const ONE = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
const WHOLE = safetensors(JSON.stringify({ x: ONE }), [0, 0, 0, 0]);

for (const [fault, bytes, message] of [
  ['an empty file', Buffer.alloc(0), /at byte 0: the file has 0 bytes/],
  ['a file shorter than its header', WHOLE.subarray(0, 30), /at byte 0: the header is said to have \d+ bytes/],
  ['a file shorter than its data', WHOLE.subarray(0, -1), /3 bytes of data follow the header, but its tensors take 4/],
  ['a file longer than its data', Buffer.concat([WHOLE, Buffer.of(1)]), /at byte 68: 5 bytes of data follow/],
  ['a header of 2^63 bytes', Buffer.of(0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b), /at byte 0: .*9223372036854775808 bytes/],
  ['a header that is not JSON', safetensors('{"x":', []), /at byte 8: the header is not JSON/],
  ['a header that is a list', safetensors('[]', []), /at byte 8: the header is JSON of another kind/],
  ['an unknown dtype', header({ x: { ...ONE, dtype: 'F64' } }), /"x" has dtype "F64", but it must be one of F32, F16, BF16, I64/],
  ['a dtype of the object prototype', header({ x: { ...ONE, dtype: 'toString' } }), /dtype "toString"/],
  ['a dtype that is wider than its bytes', header({ x: { ...ONE, dtype: 'I64' } }), /I64 \[1\] takes 8 bytes/],
  ['no dtype', header({ x: 4 }), /"x" has dtype undefined/],
  ['a negative side', header({ x: { ...ONE, shape: [-1] } }), /shape \[-1\]/],
  ['a side that is no whole number', header({ x: { ...ONE, shape: [1.5] } }), /shape \[1\.5\]/],
  ['a shape beyond all numbers', header({ x: { ...ONE, shape: [2 ** 53 - 1, 2 ** 53 - 1] } }), /"x" has data_offsets \[0, 4\]/],
  ['offsets that run backwards', header({ x: { ...ONE, data_offsets: [4, 0] } }), /data_offsets \[4, 0\]/],
  ['three offsets', header({ x: { ...ONE, data_offsets: [0, 4, 4] } }), /data_offsets \[0,4,4\]/],
  [
    'tensors that overlap',
    header({ x: ONE, y: { ...ONE, shape: [2], data_offsets: [2, 10] } }, 10),
    /"y" overlaps the tensor before it, but it must begin at data byte 4/,
  ],
  ['bytes between tensors', header({ x: ONE, y: { ...ONE, data_offsets: [8, 12] } }, 12), /"y" leaves 4 bytes before it unused/],
  ['bytes before the first tensor', header({ x: { ...ONE, data_offsets: [4, 8] } }, 8), /"x" leaves 4 bytes before it unused/],
  ['a tensor beyond the end', header({ x: { ...ONE, shape: [100], data_offsets: [0, 400] } }), /4 bytes of data follow the header, but its tensors take 400/],
  ['metadata that is not text', header({ __metadata__: { step: 1 } }, 0), /__metadata__/],
] as const) {
  test(`${fault} is refused`, async () => {
    await assert.rejects(read(bytes), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'WEIGHTS_INVALID');
      assert.match(error.message, message);
      assert.match(error.message, /file\.safetensors at byte \d+/);
      return true;
    });
  });
}

async function read(bytes: Uint8Array) {
  const file = path.join(folder, 'file.safetensors');
  await writeFile(file, bytes);
  return readTensors(file);
}

function encode(tensors: readonly [string, StoredTensor][], metadata: Record<string, string>): Uint8Array[] {
  return [...encodeTensors(new Map(tensors.map(([name, tensor]) => [name, toWrite(tensor)])), metadata)];
}

function header(value: unknown, dataBytes = 4): Buffer {
  return safetensors(JSON.stringify(value), Array<number>(dataBytes).fill(0));
}

function safetensors(json: string, data: readonly number[]): Buffer {
  const padded = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, Buffer.from(data)]);
}
