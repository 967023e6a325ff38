import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  batchNormTraining,
  fusedBatchNorm,
  fusedCrossEntropy,
  fusedSwish,
  plainBatchNorm,
  plainCrossEntropy,
  plainSwish,
  spatialMean,
  type BatchNormTensors,
} from '../../lib/tensor/fused.js';
import { tf } from '../../lib/tensor/runtime.js';

test('batch norm normalises with the biased variance and remembers the unbiased one', () => {
  const tensors = norm({ gamma: [2], beta: [10], mean: [5], variance: [4] });
  for (const batchNorm of [fusedBatchNorm, plainBatchNorm]) {
    // One channel, four values: mean 4, biased variance 5, unbiased 20/3.
    const { output, mean, variance } = batchNorm(tf.tensor4d([1, 3, 5, 7], [2, 2, 1, 1]), tensors, 1e-3, 0.9);
    checkClose(
      output,
      [-3, -1, 1, 3].map((distance) => 10 + (2 * distance) / Math.sqrt(5.001)),
    );
    checkClose(mean, [0.9 * 5 + 0.1 * 4]);
    checkClose(variance, [0.9 * 4 + (0.1 * 20) / 3]);
  }
});

for (const [name, shape, epsilon, momentum] of [
  ['a map', [4, 5, 6, 3], 1e-3, 0.9],
  ['a small epsilon', [3, 7, 7, 8], 1e-5, 0.95],
  ['maps of one pixel', [16, 1, 1, 5], 1e-3, 0.99],
] as const) {
  test(`fused batch norm equals plain operations, forwards and backwards: ${name}`, () => {
    const channels = shape[3];
    const x = tf.add<tf.Tensor4D>(tf.mul(tf.randomNormal([...shape], 0, 1, 'float32', 1), 3), 0.5);
    const weigh = tf.randomNormal([...shape], 0, 1, 'float32', 2);
    const tensors = norm({
      gamma: draw(channels, 3, 1),
      beta: draw(channels, 4, 0),
      mean: draw(channels, 5, 0),
      variance: draw(channels, 6, 2),
    });
    const run = (batchNorm: typeof fusedBatchNorm) => {
      const { value, grads } = tf.valueAndGrads((x, gamma, beta) =>
        tf.sum(tf.mul(weigh, batchNorm(x as tf.Tensor4D, { ...tensors, gamma: gamma as tf.Tensor1D, beta: beta as tf.Tensor1D }, epsilon, momentum).output)),
      )([x, tensors.gamma, tensors.beta]);
      const { output, mean, variance } = batchNorm(x, tensors, epsilon, momentum);
      return [value, output, mean, variance, ...grads];
    };
    const [fused, plain] = [run(fusedBatchNorm), run(plainBatchNorm)];
    assert.equal(fused.length, 7);
    for (const [i, tensor] of fused.entries()) checkClose(tensor, plain[i]!.dataSync());
  });
}

test('fused swish equals plain operations, forwards and backwards', () => {
  const x = tf.tensor1d([-30, -5, -1, -0.1, 0, 0.1, 1, 5, 30]);
  const weigh = tf.tensor1d([1, -2, 3, -4, 5, -6, 7, -8, 9]);
  for (const f of [fusedSwish, plainSwish]) {
    checkClose(
      f(x),
      [...x.dataSync()].map((v) => v / (1 + Math.exp(-v))),
    );
    const slope = (v: number) => (1 + Math.exp(-v) * (1 + v)) / (1 + Math.exp(-v)) ** 2;
    const wanted = [...x.dataSync()].map((v, i) => weigh.dataSync()[i]! * slope(v));
    checkClose(tf.grad((x) => tf.sum(tf.mul(weigh, f(x))))(x), wanted);
  }
});

test('fused cross-entropy equals plain operations, forwards and backwards, for logits of any size', () => {
  const logits = tf.tensor2d([[1, 2, 3], [-100, 0, 100], [5, 5, 5]]); // prettier-ignore
  const targets = tf.tensor2d([[0.2, 0.3, 0.5], [1, 0, 0], [0, 1, 0]]); // prettier-ignore
  const weigh = tf.tensor1d([1, -2, 3]);
  const [fused, plain] = [fusedCrossEntropy, plainCrossEntropy].map((of) =>
    tf.valueAndGrad((logits) => tf.sum(tf.mul(weigh, of(logits as tf.Tensor2D, targets))))(logits),
  );
  checkClose(fusedCrossEntropy(logits, targets), [2.4076059 - (0.3 + 2 * 0.5), 200, Math.log(3)]); // log Σ e^k − Σ target·k
  checkClose(fused!.value, plain!.value.dataSync());
  checkClose(fused!.grad, plain!.grad.dataSync());
});

test('spatialMean has the value and the gradient of tf.mean', () => {
  const x = tf.randomNormal([2, 3, 4, 5], 0, 1, 'float32', 1) as tf.Tensor4D;
  const weigh = tf.randomNormal([2, 1, 1, 5], 0, 1, 'float32', 2);
  const [ours, theirs] = [spatialMean, (x: tf.Tensor4D) => tf.mean(x, [1, 2], true)].map((mean) =>
    tf.valueAndGrad((x) => tf.sum(tf.mul(weigh, mean(x as tf.Tensor4D))))(x),
  );
  checkClose(ours!.value, theirs!.value.dataSync());
  checkClose(ours!.grad, theirs!.grad.dataSync());
});

test('in a scope the statistics live as long as the scope, and nothing else is left', () => {
  const tensors = norm({ gamma: [1, 1], beta: [0, 0], mean: [0, 0], variance: [1, 1] });
  const x = tf.randomNormal([2, 3, 3, 2], 0, 1, 'float32', 1) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const made = batchNormTraining(x, tensors, 1e-3, 0.9);
  assert.equal(tf.memory().numTensors, before + 3);
  tf.dispose(made);
  tf.tidy(() => void batchNormTraining(x, tensors, 1e-3, 0.9));
  tf.dispose(tf.grad((x) => tf.sum(batchNormTraining(x as tf.Tensor4D, tensors, 1e-3, 0.9).output))(x));
  assert.equal(tf.memory().numTensors, before);
});

function norm(values: Record<keyof BatchNormTensors, readonly number[]>): BatchNormTensors {
  const tensor = (name: keyof BatchNormTensors) => tf.tensor1d([...values[name]]);
  return { gamma: tensor('gamma'), beta: tensor('beta'), mean: tensor('mean'), variance: tensor('variance') };
}

function draw(count: number, seed: number, mean: number): number[] {
  return [...tf.randomUniform([count], mean - 0.5, mean + 0.5, 'float32', seed).dataSync()];
}

/** Within 1e-5 of the wanted value, or of its size where that is above 1. */
function checkClose(found: tf.Tensor, wanted: ArrayLike<number>): void {
  const values = found.dataSync();
  assert.equal(values.length, wanted.length);
  for (const [i, value] of values.entries()) {
    const error = Math.abs(value - wanted[i]!);
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(wanted[i]!)), `[${i}] is ${value}, not ${wanted[i]}`);
  }
}
