import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Listing } from '../../lib/data/source.js';
import { drawSet, SET_ORDER } from '../../lib/data/split.js';

/** Images of as many classes as `counts` has numbers. */
function listing(counts: readonly number[]): Listing {
  const records = counts.flatMap((count, c) =>
    Array.from({ length: count }, (_, i) => ({ id: `photos/${c}-${i}`, label: String(c), origin: `/photos/${c}-${i}`, position: 0 })),
  );
  return { records, classes: counts.map((_, c) => String(c)), refused: [], ignored: {} };
}

/** What each set takes of one source in which every image can be read. */
function splitAll(
  source: Listing,
  seed: number,
  perClass: { labelled: number; validation: number; test: number; pool: number | null },
): Record<string, string[]> {
  const taken = new Set<string>();
  const sets = SET_ORDER.map((set) => {
    const drawn = drawSet(source, { set, seed, perClass: perClass[set], taken }).flatMap(({ candidates, wanted }) => candidates.slice(0, wanted));
    for (const { origin } of drawn) taken.add(origin);
    return [set, drawn.map(({ id }) => id)] as const;
  });
  return Object.fromEntries(sets);
}

const counts = fc.array(fc.integer({ min: 12, max: 40 }), { minLength: 2, maxLength: 5 });
const quota = fc.integer({ min: 1, max: 4 });

test('sets of one source are disjoint and balanced, and together they are the source', () => {
  fc.assert(
    fc.property(counts, fc.nat(), quota, quota, quota, (images, seed, labelled, validation, testQuota) => {
      const sets = splitAll(listing(images), seed, { labelled, validation, test: testQuota, pool: null });
      const all = Object.values(sets).flat();
      assert.equal(new Set(all).size, all.length);
      assert.equal(
        all.length,
        images.reduce((sum, count) => sum + count, 0),
      );
      for (const [set, perClass] of [
        ['labelled', labelled],
        ['validation', validation],
        ['test', testQuota],
      ] as const) {
        for (const c of images.keys()) assert.equal(sets[set]!.filter((id) => id.startsWith(`photos/${c}-`)).length, perClass);
      }
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('a split does not depend on the order of the listing', () => {
  fc.assert(
    fc.property(counts, fc.nat(), fc.array(fc.nat(), { minLength: 200, maxLength: 200 }), (images, seed, keys) => {
      const source = listing(images);
      const shuffled = source.records.map((record, i) => ({ record, key: keys[i % 200]! })).sort((a, b) => a.key - b.key);
      const sizes = { labelled: 2, validation: 3, test: 1, pool: null };
      assert.deepEqual(splitAll({ ...source, records: shuffled.map(({ record }) => record) }, seed, sizes), splitAll(source, seed, sizes));
    }),
    { numRuns: 30, seed: 2 },
  );
});

test('another seed gives another split and another order of the pool', () => {
  const sizes = { labelled: 5, validation: 5, test: 5, pool: null };
  const [one, two] = [splitAll(listing([100, 100]), 1, sizes), splitAll(listing([100, 100]), 2, sizes)];
  for (const set of SET_ORDER) assert.notDeepEqual(one[set], two[set]);
});

test('an image that was added or removed leaves the others in their order', () => {
  const [more, fewer] = [listing([30, 30]), listing([30, 29])];
  const order = (source: Listing) => drawSet(source, { set: 'pool', seed: 1, perClass: null, taken: new Set() })[0]!.candidates.map(({ id }) => id);
  assert.deepEqual(
    order(more).filter((id) => id !== 'photos/1-29'),
    order(fewer),
  );
});

test('the order of the pool says nothing of the classes, even where earlier sets took unequally', () => {
  const source = listing([2000, 2000]);
  const taken = new Set<string>();
  const [rare] = drawSet(source, { set: 'labelled', seed: 1, perClass: 1000, taken });
  for (const { origin } of rare!.candidates.slice(0, 1000)) taken.add(origin);
  const pool = drawSet(source, { set: 'pool', seed: 1, perClass: null, taken })[0]!.candidates;
  const share = (from: number, to: number) => pool.slice(from, to).filter(({ label }) => label === '0').length / (to - from);
  // One third of the pool is of class 0. Four standard deviations of a share of 1,000 drawn images are 0.06.
  for (const from of [0, 1000, 2000]) assert.ok(Math.abs(share(from, from + 1000) - 1 / 3) < 0.06, `${share(from, from + 1000)}`);
});

test('a quota of the pool takes as many of each hidden label', () => {
  const sets = splitAll(listing([30, 40, 50]), 1, { labelled: 5, validation: 5, test: 5, pool: 7 });
  for (const c of [0, 1, 2]) assert.equal(sets['pool']!.filter((id) => id.startsWith(`photos/${c}-`)).length, 7);
});

test('the split of a seed is fixed for ever', () => {
  const [draw] = drawSet(listing([4, 1]), { set: 'labelled', seed: 1, perClass: 2, taken: new Set() });
  // In the order of `printf '1|split|photos/0-0' | sha256sum` and so on: 0349…, 62ad…, ba3f…, bfa1….
  assert.deepEqual(
    draw!.candidates.map(({ id }) => id),
    ['photos/0-1', 'photos/0-3', 'photos/0-0', 'photos/0-2'],
  );
});
