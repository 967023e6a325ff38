import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropoutMask, dropPathMask, survivalByDepth } from '../../lib/noise/masks.js';
import { randomKey } from '../../lib/noise/random.js';
import { emptyTally, measuredNoise } from '../../lib/noise/tally.js';

const key = randomKey({ seed: 1, generation: 1, phase: 'train', purpose: 'drop-path' });

test('survival falls linearly with depth: timm’s rates 0, .0125 … .1875 for the 16 blocks of B0 at 0.2', () => {
  const keep = survivalByDepth(
    0.8,
    Array.from({ length: 16 }, () => ({ skip: true })),
  );
  for (const [i, probability] of keep.entries()) assert.ok(Math.abs(1 - probability - 0.0125 * i) < 1e-12);
});

test('a block without a skip is never dropped but counts for the depth of the others', () => {
  assert.deepEqual(survivalByDepth(0.6, [{ skip: false }, { skip: true }, { skip: false }, { skip: true }]), [1, 0.9, 1, 0.7]);
});

test('a drop-path mask is 0 or 1 / keep per block and image, with a mean near 1', () => {
  const keep = [1, 0.9, 0.5];
  const n = 4_000;
  const mask = dropPathMask(key, 3, keep, n);
  assert.equal(mask.length, 3 * n);
  for (const [block, probability] of keep.entries()) {
    const row = mask.subarray(block * n, (block + 1) * n);
    assert.deepEqual(new Set(row), new Set(probability === 1 ? [1] : [0, Math.fround(1 / probability)]));
    assert.ok(Math.abs(row.reduce((sum, x) => sum + x, 0) / n - 1) < 4 * Math.sqrt((1 - probability) / probability / n) + 1e-6);
  }
});

test('a dropout mask is 0 or 1 / (1 − rate), and features and images are dropped independently', () => {
  const [n, features, rate] = [200, 160, 0.1];
  const mask = dropoutMask(key, 0, n, features, rate);
  assert.equal(mask.length, n * features);
  assert.deepEqual(new Set(mask), new Set([0, Math.fround(1 / (1 - rate))]));
  const dropped = (at: (i: number) => boolean) => mask.filter((x, i) => at(i) && x === 0).length;
  assert.ok(Math.abs(dropped(() => true) / mask.length - rate) < 0.007); // Four standard deviations.
  const pairs = mask.filter((x, i) => i % features > 0 && x === 0 && mask[i - 1] === 0).length / (n * (features - 1));
  assert.ok(Math.abs(pairs - rate * rate) < 0.003, `${pairs}`);
});

test('rate 0 keeps everything unscaled', () => {
  assert.deepEqual(new Set(dropoutMask(key, 0, 3, 5, 0)), new Set([1]));
});

test('a mask needs its step only: equal for the same, different for another', () => {
  assert.deepEqual(dropoutMask(key, 7, 4, 32, 0.5), dropoutMask(key, 7, 4, 32, 0.5));
  assert.notDeepEqual(dropoutMask(key, 7, 4, 32, 0.5), dropoutMask(key, 8, 4, 32, 0.5));
  assert.deepEqual(dropPathMask(key, 7, [0.5], 64), dropPathMask(key, 7, [0.5], 64));
  assert.notDeepEqual(dropPathMask(key, 7, [0.5], 64), dropPathMask(key, 8, [0.5], 64));
});

test('the tally’s shares are those of the masks', () => {
  const tally = emptyTally();
  const masks = [0, 1].map((step) => ({ path: dropPathMask(key, step, [1, 0.75], 50, tally), head: dropoutMask(key, step, 50, 8, 0.25, tally) }));
  const zeros = (values: readonly number[]) => values.filter((x) => x === 0).length;
  const { survival, dropoutShare } = measuredNoise(tally);
  assert.deepEqual(survival, [1, 1 - zeros(masks.flatMap(({ path }) => [...path])) / 100]);
  assert.equal(dropoutShare, zeros(masks.flatMap(({ head }) => [...head])) / 800);
});
