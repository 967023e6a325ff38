import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../../lib/tensor/runtime.js';
import { softmaxCrossEntropy as crossEntropy } from '../../lib/tensor/fused.js';
import { jointLoss, labelTargets } from '../../lib/training/loss.js';

const LOGITS = [1, 2, 3, 0];

/** [target row, cross-entropy of it with LOGITS]; the first is timm's LabelSmoothingCrossEntropy(0.1), the others by hand. */
const ROWS: [name: string, target: ArrayLike<number>, loss: number][] = [
  ["timm's smoothed label", labelTargets([2], 4, 0.1), 0.5901897],
  ['a hard label', labelTargets([2], 4, 0), Math.log(Math.E ** -2 + Math.E ** -1 + 1 + Math.E ** -3)],
  ['a soft label', [0.5, 0, 0.5, 0], 1 + Math.log(Math.E ** -2 + Math.E ** -1 + 1 + Math.E ** -3)],
];

for (const [name, target, loss] of ROWS) {
  test(`cross-entropy of ${name}`, () => {
    const [found] = crossEntropy(tf.tensor2d([LOGITS]), tf.tensor2d([[...Array.from(target)]])).dataSync();
    assert.ok(Math.abs(found! - loss) < 1e-6, `${found} instead of ${loss}`);
  });
}

test('label smoothing moves a share to all classes alike', () => {
  assert.deepEqual(
    [...labelTargets([0, 3], 4, 0.1)].map((share) => Math.round(share * 1e6) / 1e6),
    [0.925, 0.025, 0.025, 0.025, 0.025, 0.025, 0.025, 0.925],
  );
});

test('the weight says what the pseudo part counts, whatever the sizes of the parts', () => {
  const logits = tf.tensor2d([LOGITS, LOGITS, LOGITS, LOGITS]);
  const targets = tf.tensor2d([
    [0, 0, 1, 0],
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    [1, 0, 0, 0],
  ]);
  const [hit, miss] = crossEntropy(
    tf.tensor2d([LOGITS, LOGITS]),
    tf.tensor2d([
      [0, 0, 1, 0],
      [1, 0, 0, 0],
    ]),
  ).dataSync();
  for (const weight of [0, 1, 4]) {
    const { loss, labelledLoss, pseudoLoss } = jointLoss(logits, targets, 1, weight);
    assert.ok(Math.abs(labelledLoss.dataSync()[0]! - hit!) < 1e-6);
    assert.ok(Math.abs(pseudoLoss.dataSync()[0]! - miss!) < 1e-6);
    assert.ok(Math.abs(loss.dataSync()[0]! - (hit! + weight * miss!) / (1 + weight)) < 1e-6);
  }
});

test('a batch without pseudo-labels has the labelled loss, unweighted', () => {
  const { loss, labelledLoss, pseudoLoss } = jointLoss(tf.tensor2d([LOGITS]), tf.tensor2d([[0, 0, 1, 0]]), 1, 3);
  assert.equal(loss.dataSync()[0], labelledLoss.dataSync()[0]);
  assert.equal(pseudoLoss.dataSync()[0], 0);
});
