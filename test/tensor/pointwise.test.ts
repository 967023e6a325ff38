import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointwise } from '../../lib/tensor/pointwise.js';
import { tf } from '../../lib/tensor/runtime.js';

for (const shape of [
  [3, 5, 4, 6],
  [2, 1, 1, 6],
] as const) {
  test(`a 1 x 1 convolution of [${shape}] has the value and the gradients of an ordinary one`, () => {
    const x = tf.randomNormal([...shape], 0, 1, 'float32', 1) as tf.Tensor4D;
    const filter = tf.randomNormal([1, 1, 6, 7], 0, 1, 'float32', 2) as tf.Tensor4D;
    const weigh = tf.randomNormal([shape[0], shape[1], shape[2], 7], 0, 1, 'float32', 3);
    const [own, ordinary] = [pointwise, (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, 1, 'same')].map((convolve) =>
      tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(convolve(x as tf.Tensor4D, filter as tf.Tensor4D), weigh)))([x, filter]),
    );
    for (const [one, other] of [
      [own!.value, ordinary!.value],
      [own!.grads[0]!, ordinary!.grads[0]!],
      [own!.grads[1]!, ordinary!.grads[1]!],
    ] as const) {
      assert.deepEqual(one.shape, other.shape);
      const difference = tf.max(tf.abs(tf.sub(one, other))).dataSync()[0]!;
      assert.ok(difference < 2e-5, `${difference}`);
    }
  });
}
