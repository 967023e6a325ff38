import assert from 'node:assert/strict';
import { test } from 'node:test';
import { depthwise } from '../../lib/tensor/depthwise.js';
import { tf } from '../../lib/tensor/runtime.js';

/** Taps one by one where both sides are at most 2 and no stride leaves gaps; padding written out on other maps below the filter; libtensorflow's own above. */
const MAPS: readonly (readonly [height: number, width: number])[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [2, 3],
  [3, 3],
  [4, 4],
  [4, 9],
  [5, 5],
  [8, 6],
];

for (const [height, width] of MAPS) {
  for (const kernel of [3, 5, 7]) {
    for (const stride of [1, 2]) {
      test(`a ${kernel} x ${kernel} filter, stride ${stride}, on maps of ${height} x ${width} has the value and the gradients of an ordinary convolution`, () => {
        const x = tf.randomNormal([4, height, width, 6], 0, 1, 'float32', 1) as tf.Tensor4D;
        const filter = tf.randomNormal([kernel, kernel, 6, 1], 0, 1, 'float32', 2) as tf.Tensor4D;
        const weight = tf.randomNormal([4, Math.ceil(height / stride), Math.ceil(width / stride), 6], 0, 1, 'float32', 3);
        const of = (convolve: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor) =>
          tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(convolve(x as tf.Tensor4D, filter as tf.Tensor4D), weight)))([
            x,
            filter,
          ]);
        const [own, ordinary] = [of((x, filter) => depthwise(x, filter, stride, 'same')), of((x, filter) => tf.depthwiseConv2d(x, filter, stride, 'same'))];
        assertClose(own.value, ordinary.value);
        for (const i of [0, 1]) assertClose(own.grads[i]!, ordinary.grads[i]!);
      });
    }
  }
}

function assertClose(one: tf.Tensor, other: tf.Tensor): void {
  assert.deepEqual(one.shape, other.shape);
  const difference = tf.max(tf.abs(tf.sub(one, other))).dataSync()[0]!;
  assert.ok(difference < 2e-5, `${difference}`);
}
