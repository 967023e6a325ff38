import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../../lib/tensor/runtime.js';
import { averageDecayAt, updateAverage } from '../../lib/training/average.js';

/** min(ema, (1 + t) / (10 + t)) by hand. */
const ROWS: [ema: number, step: number, decay: number][] = [
  [0.99, 0, 1 / 10],
  [0.99, 1, 2 / 11],
  [0.99, 90, 0.91],
  [0.99, 889, 890 / 899],
  [0.99, 890, 0.99],
  [0.9999, 1000, 1001 / 1010],
  [0.05, 0, 0.05],
  [0, 0, 0],
];

for (const [ema, step, decay] of ROWS) {
  test(`a decay of ${ema} is ${decay.toFixed(4)} at step ${step}`, () => assert.equal(averageDecayAt(ema, step), decay));
}

test('the average moves by its decay, weights and statistics alike', () => {
  const average = { kernels: tf.tensor1d([1, 2]), statistics: tf.tensor1d([10]) };
  const current = { kernels: tf.tensor1d([3, 2]), statistics: tf.tensor1d([20]) };
  const moved = updateAverage(average, current, tf.scalar(0.75));
  assert.deepEqual([...moved['kernels']!.dataSync()], [1.5, 2]);
  assert.deepEqual([...moved['statistics']!.dataSync()], [12.5]);
});

test('with decay 0 the average is the weights, bit for bit', () => {
  const current = { kernels: tf.tensor1d([0.1, -7.3e-9, 1e30]) };
  const moved = updateAverage({ kernels: tf.tensor1d([5e12, 3, -1e-20]) }, current, tf.scalar(0));
  assert.deepEqual(moved['kernels']!.dataSync(), current.kernels.dataSync());
});
