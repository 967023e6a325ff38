import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { count, emptyTally, summarise } from '../../lib/evaluation/metrics.js';

const NAMES = ['bag', 'boot', 'coat', 'dress', 'shirt', 'trouser', 'watch'];

/** Logits of one image with its true class → whether it counts as right among the first one and the first five. */
const ROWS: readonly { readonly name: string; readonly logits: number[]; readonly label: number; readonly top1: number; readonly top5: number }[] = [
  { name: 'the largest logit', logits: [0, 1, 9, 2, 3, 4, 5], label: 2, top1: 1, top5: 1 },
  { name: 'the fifth largest', logits: [6, 5, 4, 3, 2, 1, 0], label: 4, top1: 0, top5: 1 },
  { name: 'the sixth largest', logits: [6, 5, 4, 3, 2, 1, 0], label: 5, top1: 0, top5: 0 },
  { name: 'the lower of two equals', logits: [0, 7, 7, 0, 0, 0, 0], label: 1, top1: 1, top5: 1 },
  { name: 'the higher of two equals', logits: [0, 7, 7, 0, 0, 0, 0], label: 2, top1: 0, top5: 1 },
  { name: 'the fifth of all equals', logits: [1, 1, 1, 1, 1, 1, 1], label: 4, top1: 0, top5: 1 },
  { name: 'the sixth of all equals', logits: [1, 1, 1, 1, 1, 1, 1], label: 5, top1: 0, top5: 0 },
];

for (const { name, logits, label, top1, top5 } of ROWS) {
  test(`${name} counts ${top1} for top-1 and ${top5} for top-5`, () => {
    const result = evaluate([{ logits, label }], NAMES);
    assert.deepEqual([result.top1, result.top5], [top1, top5]);
  });
}

test('the confusion has a row per true class and a column per predicted one', () => {
  const result = evaluate(
    [
      { logits: [9, 0, 0], label: 0 },
      { logits: [0, 9, 0], label: 0 },
      { logits: [0, 9, 0], label: 0 },
      { logits: [0, 0, 9], label: 1 },
    ],
    NAMES.slice(0, 3),
  );
  assert.deepEqual(result.confusion, [
    [1, 2, 0],
    [0, 0, 1],
    [0, 0, 0],
  ]);
  assert.deepEqual(result.perClass, [
    { class: 'bag', images: 3, top1: 1 / 3 },
    { class: 'boot', images: 1, top1: 0 },
    { class: 'coat', images: 0, top1: null },
  ]);
  assert.equal(result.top1, 1 / 4);
});

test('with at most five classes every image is among the first five', () => {
  assert.equal(evaluate([{ logits: [9, 8, 7], label: 2 }], NAMES.slice(0, 3)).top5, 1);
});

test('the loss is the mean cross-entropy in nats, and no logit is too large for it', () => {
  const loss = (rows: Image[]) => evaluate(rows, NAMES.slice(0, 2)).loss ?? NaN;
  assert.ok(
    Math.abs(
      loss([
        { logits: [0, Math.log(3)], label: 1 },
        { logits: [0, Math.log(3)], label: 0 },
      ]) -
        (Math.log(4 / 3) + Math.log(4)) / 2,
    ) < 1e-7,
  );
  assert.equal(loss([{ logits: [3e38, -3e38], label: 0 }]), 0);
});

test('a set without images has no rates', () => {
  const { images, top1, top5, loss } = evaluate([], NAMES);
  assert.deepEqual({ images, top1, top5, loss }, { images: 0, top1: null, top5: null, loss: null });
});

test('batches of any size add up to the same counts', () => {
  const rows = fc.array(fc.record({ logits: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 7, maxLength: 7 }), label: fc.nat(6) }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 10 }), (images, size) => {
      const whole = evaluate(images, NAMES);
      const parts = evaluate(images, NAMES, size);
      assert.deepEqual({ ...parts, loss: 0 }, { ...whole, loss: 0 });
      assert.ok(Math.abs(parts.loss! - whole.loss!) < 1e-9);
      assert.equal(
        whole.confusion.flat().reduce((sum, n) => sum + n, 0),
        images.length,
      );
    }),
    { seed: 1 },
  );
});

interface Image {
  readonly logits: readonly number[];
  readonly label: number;
}

function evaluate(images: readonly Image[], names: readonly string[], batch = images.length) {
  const tally = emptyTally(names.length);
  for (let start = 0; start < images.length; start += batch) {
    const rows = images.slice(start, start + batch);
    count(
      tally,
      Float32Array.from(rows.flatMap(({ logits }) => logits)),
      Uint16Array.from(rows, ({ label }) => label),
    );
  }
  return summarise(tally, names);
}
