import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchRows, epochPosition } from '../../lib/data/loader.js';
import { randomKey } from '../../lib/noise/random.js';

const key = randomKey({ seed: 1, generation: 0, phase: 'train', purpose: 'order' });

test('a draw stands in the epoch and at the place that counting gives', () => {
  assert.deepEqual(
    [0, 9, 10, 25].map((index) => epochPosition(index, 10)),
    [
      { epoch: 0, offset: 0 },
      { epoch: 0, offset: 9 },
      { epoch: 1, offset: 0 },
      { epoch: 2, offset: 5 },
    ],
  );
});

test('every epoch has every row once, also where batches cross its end or are larger than it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }), (count, batch) => {
      const rowsOf = batchRows({ key, count, batch });
      const draws = Array.from({ length: Math.ceil((3 * count) / batch) }, (_, step) => rowsOf(step)).flat();
      for (const epoch of [0, 1, 2]) {
        const rows = draws.filter((draw) => draw.epoch === epoch).map(({ row }) => row);
        assert.deepEqual(
          rows.sort((a, b) => a - b),
          Array.from({ length: count }, (_, i) => i),
        );
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('a step gives the same rows whatever was asked before', () => {
  const forward = batchRows({ key, count: 13, batch: 5 });
  const inOrder = Array.from({ length: 20 }, (_, step) => forward(step));
  const jumping = batchRows({ key, count: 13, batch: 5 });
  for (const step of [19, 0, 7, 3, 12, 2, 2]) assert.deepEqual(jumping(step), inOrder[step]);
});

test('epochs and keys are shuffled differently', () => {
  const other = randomKey({ seed: 2, generation: 0, phase: 'train', purpose: 'order' });
  const [first, second] = [0, 1].map((step) => batchRows({ key, count: 50, batch: 50 })(step).map(({ row }) => row));
  assert.notDeepEqual(first, second);
  assert.notDeepEqual(
    batchRows({ key: other, count: 50, batch: 50 })(0).map(({ row }) => row),
    first,
  );
});
