import assert from 'node:assert/strict';
import { test } from 'node:test';
import { depthwise } from '../../lib/tensor/depthwise.js';
import { tf } from '../../lib/tensor/runtime.js';

for (const [height, width] of [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [3, 3], // libtensorflow's own
] as const) {
  for (const kernel of [3, 5, 7]) {
    test(`a ${kernel} x ${kernel} filter on maps of ${height} x ${width} has the value and the gradients of an ordinary convolution`, () => {
      const x = tf.randomNormal([4, height, width, 6], 0, 1, 'float32', 1) as tf.Tensor4D;
      const filter = tf.randomNormal([kernel, kernel, 6, 1], 0, 1, 'float32', 2) as tf.Tensor4D;
      const weight = tf.randomNormal([4, height, width, 6], 0, 1, 'float32', 3);
      const of = (convolve: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor) =>
        tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(convolve(x as tf.Tensor4D, filter as tf.Tensor4D), weight)))([
          x,
          filter,
        ]);
      const [own, ordinary] = [of((x, filter) => depthwise(x, filter, 1, 'same')), of((x, filter) => tf.depthwiseConv2d(x, filter, 1, 'same'))];
      assertClose(own.value, ordinary.value);
      for (const i of [0, 1]) assertClose(own.grads[i]!, ordinary.grads[i]!);
    });
  }
}

function assertClose(one: tf.Tensor, other: tf.Tensor): void {
  assert.deepEqual(one.shape, other.shape);
  const difference = tf.max(tf.abs(tf.sub(one, other))).dataSync()[0]!;
  assert.ok(difference < 1e-5, `${difference}`);
}
