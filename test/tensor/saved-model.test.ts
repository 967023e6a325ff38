import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { crc32c } from '../../lib/tensor/crc32c.js';
import { tf } from '../../lib/tensor/runtime.js';
import { GRAPH_FILE, savedModelBytes, VARIABLES_FILE, writeSavedModel, type SavedFunction } from '../../lib/tensor/saved-model.js';
import { BUNDLE_FILES, parseBundleIndex, readBundleTensor, writeBundle } from '../../lib/tensor/tensor-bundle.js';

const variables = [
  { name: 'dense/weight.of', shape: [6, 2], trainable: true },
  { name: 'unused', shape: [3], trainable: false },
];
const values = { 'dense/weight.of': Float32Array.from({ length: 12 }, (_, i) => i / 4), unused: Float32Array.of(1, 2, 3) };
const dense: SavedFunction = {
  variables,
  inputs: { maps: [2, 3], shift: [2] },
  compute: (weights, { maps, shift }) => {
    const rows = tf.reshape(maps!, [maps!.shape[0], 6]);
    const logits = tf.add(tf.matMul(rows, weights['dense/weight.of']!), shift!);
    return { logits, mean: tf.mean(logits, 1) };
  },
};

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'saved-model-'));
  await writeSavedModel(path.join(folder, 'dense'), dense, { values, extras: { 'note.txt': 'hello' } });
});
after(() => rm(folder, { recursive: true }));

for (const batch of [1, 2, 5, 64]) {
  test(`TensorFlow.js loads a saved function and computes a batch of ${batch}`, async () => {
    const model = await tf.node.loadSavedModel(path.join(folder, 'dense'));
    tf.tidy(() => {
      const inputs = { maps: tf.reshape(tf.range(0, batch * 6), [batch, 2, 3]), shift: tf.ones([batch, 2]) };
      const wanted = dense.compute({ 'dense/weight.of': tf.tensor(values['dense/weight.of'], [6, 2]) }, inputs);
      const made = model.predict(inputs) as tf.NamedTensorMap;
      for (const name of ['logits', 'mean']) {
        assert.deepEqual(made[name]!.shape, wanted[name]!.shape);
        assert.deepEqual(made[name]!.arraySync(), wanted[name]!.arraySync(), name);
      }
    });
    model.dispose();
  });
}

test('a saved function is a folder of graph, checkpoint and extras, and nothing else', async () => {
  const files = await readdir(path.join(folder, 'dense'), { recursive: true });
  const wanted = ['assets.extra', 'assets.extra/note.txt', GRAPH_FILE, 'variables', ...Object.values(BUNDLE_FILES).map((ending) => VARIABLES_FILE + ending)];
  assert.deepEqual(files.sort(), wanted.sort());
});

test('the same function is saved as the same bytes, also over an older one', async () => {
  await writeSavedModel(path.join(folder, 'again'), dense, { values: { ...values, unused: new Float32Array(3) }, extras: {} });
  await writeSavedModel(path.join(folder, 'again'), dense, { values, extras: {} });
  for (const file of [GRAPH_FILE, ...Object.values(BUNDLE_FILES).map((ending) => VARIABLES_FILE + ending)]) {
    assert.deepEqual(await readFile(path.join(folder, 'again', file)), await readFile(path.join(folder, 'dense', file)), file);
  }
});

for (const [what, compute, message] of [
  ['counts its images', ({ maps }) => ({ y: tf.mul(maps!, maps!.shape[0]!) }), /Mul reads a constant that depends on the batch/],
  ['takes another way for one image', ({ maps }) => ({ y: maps!.shape[0] === 1 ? tf.sub(maps!, 1) : tf.add(maps!, 1) }), /Sub is Add for another batch/],
  ['repeats its images', ({ maps }) => ({ y: tf.tile(maps!, [1, 1 + maps!.shape[0]!, 1]) }), /Tile reads a constant that depends on the batch/],
  ['mixes its images', ({ maps }) => ({ y: tf.mean(maps!, 0) }), /the output y is \[2,3\] for 1 item and \[2,3\] for 3/],
  ['does not look at them', () => ({ y: tf.ones([2]) }), /an output is a constant/],
  ['reads a number', ({ maps }) => ({ y: tf.mul(maps!, tf.mean(maps!).arraySync() as number) }), /reads a computed tensor/],
  ['draws', ({ maps }) => ({ y: tf.add(maps!, tf.randomNormal([2, 3])) }), /draws random numbers/],
] as const satisfies readonly (readonly [string, (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>, RegExp])[]) {
  test(`a function that ${what} is refused before anything is written`, async () => {
    const refused: SavedFunction = { variables: [], inputs: { maps: [2, 3] }, compute: (_, inputs) => compute(inputs as Record<string, tf.Tensor>) };
    const never = path.join(folder, 'never');
    await assert.rejects(writeSavedModel(never, refused, { values: {}, extras: {} }), { code: 'COMPILE_UNSUPPORTED', message });
    await assert.rejects(readdir(never), { code: 'ENOENT' });
  });
}

test('nothing of a refused or a saved function is left in memory', () => {
  const before = tf.memory().numTensors;
  savedModelBytes(dense);
  assert.throws(() => savedModelBytes({ ...dense, compute: (_, { maps }) => ({ y: tf.mul(maps!, maps!.shape[0]!) }) }));
  assert.equal(tf.memory().numTensors, before);
});

test('what no output needs is left out: the way back of a gradient', () => {
  const square = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([tf.cos(x as tf.Tensor)]);
    return { value: tf.square(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => dy };
  });
  const graph = Buffer.from(savedModelBytes({ variables: [], inputs: { x: [2] }, compute: (_, { x }) => ({ y: square(x!) }) }));
  assert.ok(graph.includes('Square') && !graph.includes('Cos'));
});

test('a checkpoint is read as it was written, tensor by tensor, in any number', async () => {
  const tensors = Array.from({ length: 500 }, (_, i) => ({ name: `layers.${i}.weight`, shape: [i % 3, 2], values: new Float32Array((i % 3) * 2).fill(i) }));
  const prefix = path.join(folder, 'many');
  writeBundle(prefix, [...tensors, { name: 'scalar', shape: [], values: Float32Array.of(-7) }]);
  const entries = new Map(parseBundleIndex(await readFile(prefix + BUNDLE_FILES.index)).map((entry) => [entry.name, entry]));
  assert.equal(entries.size, 501);
  const data = await open(prefix + BUNDLE_FILES.data);
  for (const { name, shape, values } of tensors) {
    assert.deepEqual(entries.get(name)!.shape, shape);
    assert.deepEqual(await readBundleTensor(data, entries.get(name)!), values, name);
  }
  assert.deepEqual(await readBundleTensor(data, entries.get('scalar')!), Float32Array.of(-7));
  await data.close();
});

test('an index that was cut or changed anywhere is refused, or says the same', async () => {
  const index = await readFile(path.join(folder, 'dense', VARIABLES_FILE + BUNDLE_FILES.index));
  const entries = parseBundleIndex(index);
  for (let length = 0; length < index.length; length++) assert.throws(() => parseBundleIndex(index.subarray(0, length)), RangeError, `${length} bytes`);
  let refused = 0;
  for (let at = 0; at < index.length; at++) {
    const changed = Uint8Array.from(index, (byte, i) => (i === at ? byte ^ 0x81 : byte));
    try {
      assert.deepEqual(parseBundleIndex(changed), entries, `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
      refused++;
    }
  }
  assert.ok(refused > index.length * 0.7, `${refused} of ${index.length}`); // the rest is the footer's padding and its handle of nothing
});

test('an entry that claims other bytes than there are is refused before they are asked for', async () => {
  const file = path.join(folder, 'dense', VARIABLES_FILE);
  const [entry] = parseBundleIndex(await readFile(file + BUNDLE_FILES.index));
  const data = await open(file + BUNDLE_FILES.data);
  for (const [change, message] of [
    [{ shape: [2 ** 40], length: 2 ** 42 }, /the file has 60 bytes, but "dense\/weight\.of" ends at byte 4398046511104/],
    [{ begin: 16 }, /ends at byte 64/],
    [{ begin: -4 }, /said to have 48 bytes from -4 on/],
    [{ length: 44 }, /said to have 44 bytes from 0 on, but \[6,2\] float32 takes 48/],
    [{ type: 9 }, /is of TensorFlow's type 9, but must be float32/],
    [{ begin: 4 }, /at byte 4, does not match its checksum/],
  ] as const) {
    await assert.rejects(readBundleTensor(data, { ...entry!, ...change }), { name: 'RangeError', message });
  }
  await data.close();
});

// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
for (const [bytes, wanted] of [
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(255), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [Buffer.from('123456789'), 0xe3069283],
] as const) {
  test(`CRC-32C is ${wanted.toString(16)}`, () => assert.equal(crc32c(bytes), wanted));
}
