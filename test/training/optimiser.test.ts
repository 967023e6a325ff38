import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { OptimiserSpec } from '../../lib/spec/resolved.js';
import { tf } from '../../lib/tensor/runtime.js';
import { optimiserOf } from '../../lib/training/optimiser.js';

const golden = JSON.parse(readFileSync(new URL('../golden/optimisers.json', import.meta.url), 'utf8')) as {
  tolerance: number;
  values: {
    start: number[];
    rmsprop: { rate: number; decay: number; momentum: number; epsilon: number; gradients: number[][]; weights: number[][] };
    adamw: {
      rate: number;
      beta1: number;
      beta2: number;
      epsilon: number;
      weightDecay: number;
      gradients: number[][];
      kernels: number[][];
      vectors: number[][];
    };
  };
};
const { start, rmsprop, adamw } = golden.values;

test("rmsprop walks timm's rmsproptf's way", () => {
  checkPath({ ...rmsprop, name: 'rmsprop', weightDecay: 0 }, rmsprop.rate, rmsprop.gradients, { kernels: rmsprop.weights, vectors: rmsprop.weights });
});

test("adamw walks PyTorch's way, and decays kernels alone", () => {
  checkPath({ ...adamw, name: 'adamw' }, adamw.rate, adamw.gradients, adamw);
});

test("rmsprop's weight decay is coupled: it goes through the normalisation, and holds for kernels alone", () => {
  const decay = 0.1;
  const decayed = rmsprop.gradients.slice(0, 1).map((row) => row.map((gradient, i) => gradient + decay * start[i]!));
  const spec: OptimiserSpec = { ...rmsprop, name: 'rmsprop', weightDecay: 0 };
  const expected = walk(spec, rmsprop.rate, decayed).at(-1)!.kernels;
  const found = walk({ ...spec, weightDecay: decay }, rmsprop.rate, rmsprop.gradients.slice(0, 1)).at(-1)!;
  assertClose(found.kernels, expected, 'kernels');
  assertClose(found.vectors, rmsprop.weights[0]!, 'vectors');
});

test('an update changes nothing that it is given', () => {
  const optimiser = optimiserOf({ ...adamw, name: 'adamw' }, () => true);
  const weights = { kernels: tf.tensor1d(start) };
  const slots = optimiser.initialSlots(weights);
  optimiser.update(weights, { kernels: tf.tensor1d([1, 1, 1]) }, slots, scalarsOf({ rate: 1, ...optimiser.scalarsAt(0) }));
  assert.deepEqual([...weights.kernels.dataSync()], start);
  for (const slot of Object.values(slots)) assert.deepEqual([...slot.dataSync()], [0, 0, 0]);
});

function checkPath(spec: OptimiserSpec, rate: number, gradients: number[][], expected: Record<'kernels' | 'vectors', number[][]>): void {
  for (const [step, found] of walk(spec, rate, gradients).entries()) {
    assertClose(found.kernels, expected.kernels[step]!, `kernels after step ${step}`);
    assertClose(found.vectors, expected.vectors[step]!, `vectors after step ${step}`);
  }
}

/** The same start and gradients for a group that decays and one that does not. */
function walk(spec: OptimiserSpec, rate: number, gradients: number[][]) {
  const optimiser = optimiserOf(spec, (weight) => weight === 'kernels');
  let weights: Record<string, tf.Tensor> = { kernels: tf.tensor1d(start), vectors: tf.tensor1d(start) };
  let slots = optimiser.initialSlots(weights);
  return gradients.map((row, step) => {
    const gradient = { kernels: tf.tensor1d(row), vectors: tf.tensor1d(row) };
    ({ weights, slots } = optimiser.update(weights, gradient, slots, scalarsOf({ rate, ...optimiser.scalarsAt(step) })));
    return { kernels: [...weights['kernels']!.dataSync()], vectors: [...weights['vectors']!.dataSync()] };
  });
}

function scalarsOf(numbers: Record<string, number>): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]));
}

function assertClose(found: number[], expected: number[], what: string): void {
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(found[i]! - value) <= golden.tolerance, `${what}: [${found}] instead of [${expected}]`);
  }
}
