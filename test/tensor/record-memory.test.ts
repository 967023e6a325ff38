import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';

const MIB = 2 ** 20;
const TENSORS = 60;

test('recording takes the memory of one large tensor for each shape, not of all tensors of the step', () => {
  const x = tf.ones([4 * MIB]); // 16 MiB
  const step = compilePureStep((state, { x }) => {
    let value = x!;
    for (let i = 0; i < TENSORS; i++) value = tf.mul(tf.add(value, i), 0.5); // ordinary execution holds all 120 until the step ends
    return { state, outputs: { first: tf.slice(value, 0, 1), mean: tf.mean(value) } };
  }, {});
  const before = peakBytes();
  const { first, mean } = step.run({ x });
  const expected = Array.from({ length: TENSORS }, (_, i) => i).reduce((value, i) => Math.fround(Math.fround(value + i) * 0.5), 1);
  assert.equal(first!.dataSync()[0], expected);
  assert.ok(Math.abs(mean!.dataSync()[0]! - expected) < 1e-3, 'tensors that shared memory in the recording are apart in the graph');
  const grown = peakBytes() - before;
  assert.ok(grown < 400 * MIB, `the peak grew by ${Math.round(grown / MIB)} MiB; all tensors together are ${2 * TENSORS * 16} MiB`);
  step.dispose();
});

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024; // kibibytes on every platform
}
