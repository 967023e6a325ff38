import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeBackend } from '../../lib/tensor/native.js';
import { tf } from '../../lib/tensor/runtime.js';
import { shapeOnly } from '../../lib/tensor/shape-only.js';

type Function = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor;

const MAP: [number, number, number, number] = [2, 7, 9, 4];
const FILTER: [number, number, number, number] = [3, 3, 4, 1];

for (const [what, compute] of [
  ['a convolution', (x, f) => tf.conv2d(x, f, 1, 'same')],
  ['one with a stride', (x, f) => tf.conv2d(x, f, 2, 'same')],
  ['one without padding', (x, f) => tf.conv2d(x, f, [2, 3], 'valid')],
  ['one with a padding of its own', (x, f) => tf.conv2d(x, f, 2, [[0, 0], [1, 2], [3, 0], [0, 0]])], // prettier-ignore
  ['one with gaps', (x, f) => tf.conv2d(x, f, 1, 'valid', 'NHWC', 2)],
  ['a depthwise convolution', (x, f) => tf.depthwiseConv2d(x, f, 2, 'same')],
  ['one without padding of each channel', (x, f) => tf.depthwiseConv2d(x, f, 1, 'valid')],
  ['a batch norm', (x) => tf.batchNorm4d(x, tf.tensor1d([0, 0, 0, 0]), tf.tensor1d([1, 1, 1, 1]))],
  ['sums of other shapes', (x) => tf.sub(tf.add(tf.ones([9, 1]), x), tf.div(tf.ones([5, 1, 1, 1, 1]), 2))],
  ['a product of matrices', (x) => tf.matMul(tf.reshape(x, [14, 36]), tf.ones([36, 5]))],
  ['one that is turned', (x) => tf.matMul(tf.reshape(x, [14, 36]), tf.ones([14, 5]), true)],
  ['one of other batches', (x) => tf.matMul(x, tf.ones([1, 1, 4, 3]))],
  ['means', (x) => tf.add(tf.mean(x, [1, 2], true), tf.mean(x, [1, 2]))],
  ['padding, sigmoid and softmax', (x) => tf.softmax(tf.sigmoid(tf.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]])))], // prettier-ignore
  ['what the table does not have', (x) => tf.concat([tf.relu(x), tf.tile(x, [1, 1, 2, 1])], 2)],
  ['no tensor without numbers', () => tf.mul(tf.sigmoid(tf.ones([3])), 2)],
] as const satisfies readonly (readonly [string, Function])[]) {
  test(`${what}: the shape is that of the numbers`, () => {
    tf.tidy(() => {
      const computed = compute(tf.ones(MAP), tf.ones(FILTER));
      const inferred = shapeOnly((hollow) => compute(hollow(MAP) as tf.Tensor4D, hollow(FILTER) as tf.Tensor4D));
      assert.deepEqual(inferred.shape, computed.shape);
      assert.equal(inferred.dtype, computed.dtype);
      const typeOf = ({ dataId }: tf.Tensor) => nativeBackend().tensorMap.get(dataId).dtype;
      assert.equal(typeOf(inferred), typeOf(computed));
    });
  });
}

test('a map of a terabyte passes a network', () => {
  const shape = tf.tidy(() =>
    shapeOnly((hollow) => {
      const x = tf.conv2d(hollow([8, 200_000, 200_000, 3]) as tf.Tensor4D, hollow([3, 3, 3, 64]) as tf.Tensor4D, 1, 'same');
      const rows = tf.reshape(tf.mul(x, tf.sigmoid(x)), [8 * 200_000, 200_000 * 64]);
      return tf.matMul(rows, hollow([200_000 * 64, 10]) as tf.Tensor2D).shape;
    }),
  );
  assert.deepEqual(shape, [1_600_000, 10]);
});

test('afterwards operations compute again, also after an error, and nothing is left', () => {
  const before = tf.memory().numTensors;
  const fail = (): never => {
    throw new Error('as it happens');
  };
  assert.throws(() => tf.tidy(() => shapeOnly((hollow) => tf.add(hollow([2]), 1) && fail())), /as it happens/);
  tf.tidy(() => assert.deepEqual(tf.add(tf.ones([2]), 1).arraySync(), [2, 2]));
  assert.equal(tf.memory().numTensors, before);
});
