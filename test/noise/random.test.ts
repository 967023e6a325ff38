import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalQuantile } from '../../lib/noise/normal-quantile.js';
import { philox } from '../../lib/noise/philox.js';
import { normals, permutation, randomKey, stream, uniforms } from '../../lib/noise/random.js';

const key = randomKey({ seed: 1, generation: 2, phase: 'train', purpose: 'test' });

/** Known answers of Random123 (kat_vectors, philox4x32 10): counter, key → block. */
const KNOWN_ANSWERS = [
  { name: 'zeros', counter: [0, 0, 0, 0], key: [0, 0], block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    name: 'ones',
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    name: 'digits of pi',
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

for (const { name, counter, key: words, block } of KNOWN_ANSWERS) {
  test(`philox gives Random123's block for ${name}`, () => {
    const out = new Uint32Array(4);
    philox(counter[0], counter[1], counter[2], counter[3], words[0], words[1], out, 0);
    assert.deepEqual([...out], block);
  });
}

test('a stream is the Philox blocks of (a, b, 0, 0), (a, b, 1, 0) … under its key', () => {
  const draws = stream(key, 7, 9);
  const expected = new Uint32Array(8);
  philox(7, 9, 0, 0, key.k0, key.k1, expected, 0);
  philox(7, 9, 1, 0, key.k0, key.k1, expected, 4);
  assert.deepEqual(
    Array.from({ length: 8 }, () => draws.uint32()),
    [...expected],
  );
});

test('every field of a key and both positions of a stream change the draws', () => {
  const fields = { seed: 1, generation: 2, phase: 'train', purpose: 'test' };
  const first = [
    stream(key, 0, 0),
    stream(key, 0, 1),
    stream(key, 1, 0),
    ...[{ seed: 2 }, { generation: 1 }, { phase: 'select' }, { purpose: 'other' }].map((change) => stream(randomKey({ ...fields, ...change }), 0, 0)),
  ].map((draws) => draws.uint32());
  assert.equal(new Set(first).size, first.length);
});

test('the key of given fields never changes', () => {
  // SHA-256 of {"generation":2,"phase":"train","purpose":"test","seed":1}, from coreutils' sha256sum.
  assert.deepEqual(key, { k0: 0xb698d47a, k1: 0x9d6ce3ad });
});

for (const n of [1, 2, 7, 10, 256]) {
  test(`integer(${n}) is even: chi-square of 20,000 draws under its 99.9 % point`, () => {
    const counts = new Float64Array(n);
    const draws = stream(key, 0, n);
    for (let i = 0; i < 20_000; i++) counts[draws.integer(n)]!++;
    const expected = 20_000 / n;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Wilson–Hilferty: the 99.9 % point of chi-square with n − 1 degrees of freedom.
    const degrees = Math.max(1, n - 1);
    assert.ok(chiSquare <= degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3, `${chiSquare}`);
  });
}

test('integer has no modulo bias: of n = 3·2³⁰ the lower third is not favoured', () => {
  const draws = stream(key, 1, 0);
  let lower = 0;
  for (let i = 0; i < 3_000; i++) if (draws.integer(3 * 2 ** 30) < 2 ** 30) lower++;
  assert.ok(Math.abs(lower / 3_000 - 1 / 3) < 0.035, `${lower}`); // Plain modulo would give 1/2.
});

for (const n of [0, -1, 1.5, NaN, 2 ** 32]) {
  test(`integer(${n}) is refused`, () => assert.throws(() => stream(key, 0, 0).integer(n), RangeError));
}

for (const position of [-1, 0.5, 2 ** 32, NaN]) {
  test(`a stream at position ${position} is refused`, () => assert.throws(() => stream(key, 0, position), RangeError));
}

test('sign is −1 about as often as 1', () => {
  const draws = stream(key, 2, 0);
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum += draws.sign();
  assert.ok(sum !== 0 && Math.abs(sum) < 400, `${sum}`); // Four standard deviations.
});

test('uniforms are the upper 24 bits of the words of the stream at that position', () => {
  for (const count of [0, 1, 4, 5, 1_023]) {
    const draws = stream(key, 3, 4);
    const bulk = uniforms(key, 3, count, 4);
    assert.deepEqual(
      [...bulk],
      Array.from({ length: count }, () => (draws.uint32() >>> 8) / 2 ** 24),
    );
  }
});

test('uniforms stay in [0, 1) and have the mean and variance of a uniform', () => {
  const values = uniforms(key, 5, 100_000);
  assert.ok(values.every((u) => u >= 0 && u < 1));
  const { mean, variance } = moments(values);
  assert.ok(Math.abs(mean - 0.5) < 0.004 && Math.abs(variance - 1 / 12) < 0.002, `${mean} ${variance}`);
});

test('normals are the normal() of the stream, with mean 0, variance 1 and no fat tail', () => {
  const values = normals(key, 100_000);
  const draws = stream(key, 0, 0);
  for (let i = 0; i < 100; i++) assert.equal(values[i], Math.fround(draws.normal()));
  const { mean, variance } = moments(values);
  assert.ok(Math.abs(mean) < 0.013 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
  const kurtosis = values.reduce((sum, x) => sum + x ** 4, 0) / values.length;
  assert.ok(Math.abs(kurtosis - 3) < 0.15, `${kurtosis}`);
});

/** Quantiles printed by Python 3.11's statistics.NormalDist().inv_cdf. */
const QUANTILES = [
  [1.2e-7, -5.165341756801709],
  [0.001, -3.090232306167813],
  [0.02, -2.0537489106318225],
  [0.075, -1.4395314709384557],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357998],
  [0.5, 0],
  [0.925, 1.439531470938456],
  [0.9999, 3.7190164854557084],
  [0.9999999998835847, 6.337957754553789],
] as const;

test('normalQuantile agrees with Python to 14 digits', () => {
  for (const [p, quantile] of QUANTILES) assert.ok(Math.abs(normalQuantile(p) - quantile) <= 1e-14 * Math.max(1, Math.abs(quantile)), `${p}`);
});

test('permutation holds each number once and differs between epochs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_000 }), (n, epoch) => {
      assert.deepEqual(
        [...permutation(key, epoch, n)].sort((x, y) => x - y),
        Array.from({ length: n }, (_, i) => i),
      );
    }),
    { numRuns: 50 },
  );
  assert.notDeepEqual(permutation(key, 0, 100), permutation(key, 1, 100));
  assert.deepEqual(permutation(key, 1, 100), permutation(key, 1, 100));
});

test('permutation gives each of the 24 orders of four about equally often', () => {
  const counts = new Map<string, number>();
  for (let epoch = 0; epoch < 4_800; epoch++) {
    const order = permutation(key, epoch, 4).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
  assert.ok(chiSquare < 49.7, `${chiSquare}`); // 99.9 % point of 23 degrees of freedom.
});

function moments(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}
