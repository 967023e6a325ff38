import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareNatural } from '../../lib/data/natural-order.js';

for (const [name, ordered] of [
  ['numbers go by value', ['img1', 'img2', 'img10', 'img11']],
  ['leading zeros do not count, but tell equal numbers apart', ['a007', 'a7', 'a08']],
  ['numbers beyond 2^53 are not rounded', ['9007199254740992', '9007199254740993']],
  ['folders come before what only begins like them', ['a/z', 'a b/a', 'a-b/a', 'ab']],
  ['letters go by their code, not by a locale', ['Z', 'a', 'z', 'ä']],
  ['digits of other scripts are letters', ['1', '٣', '२']],
] as const) {
  test(`natural order: ${name}`, () => assert.deepEqual([...ordered].reverse().sort(compareNatural), ordered));
}

test('natural order is a total order in which only equal paths are equal', () => {
  const path = fc.string({ unit: fc.constantFrom('a', 'b', '0', '1', '9', '/', '-', 'é'), maxLength: 8 });
  fc.assert(
    fc.property(path, path, path, (a, b, c) => {
      assert.equal(Math.sign(compareNatural(a, b)), 0 - Math.sign(compareNatural(b, a)));
      assert.equal(compareNatural(a, b) === 0, a === b);
      if (compareNatural(a, b) < 0 && compareNatural(b, c) < 0) assert.ok(compareNatural(a, c) < 0);
    }),
    { numRuns: 500, seed: 1 },
  );
});
