import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, digest } from '../../lib/spec/digest.js';

const json = fc.jsonValue({ maxDepth: 4 });

test('canonical JSON is JSON: reading it gives the value back', () => {
  fc.assert(fc.property(json, (value) => assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))));
});

test('the order of keys does not change a digest', () => {
  fc.assert(fc.property(json, (value) => assert.equal(digest(reversed(value)), digest(value))));
});

test('different values have different digests', () => {
  const text = (value: unknown): string => JSON.stringify(sorted(value));
  fc.assert(fc.property(json, json, (a, b) => assert.equal(digest(a) === digest(b), text(a) === text(b))));
});

test('keys are sorted by code unit, whatever the language of the machine', () => {
  assert.equal(
    canonicalJson({ b: 1, a: [true, null, 'x"y'], B: -0, é: 1e21, '10': 0.1, '9': 1 }),
    '{"10":0.1,"9":1,"B":0,"a":[true,null,"x\\"y"],"b":1,"é":1e+21}',
  );
});

test('a digest is the SHA-256 of the text', () => {
  // printf '%s' '{"a":1}' | sha256sum
  assert.equal(digest({ a: 1 }), '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
});

for (const [name, value] of [
  ['undefined in a block', { a: undefined }],
  ['undefined in a list', [1, undefined]],
  ['a hole in a list', new Array(2)],
  ['NaN', { a: Number.NaN }],
  ['an infinite number', [Infinity]],
  ['a map', { a: new Map() }],
  ['a date', new Date(0)],
  ['a function', () => 1],
  ['a bigint', 1n],
] as const) {
  test(`${name} is refused, not dropped`, () => assert.throws(() => canonicalJson(value), TypeError));
}

function reversed(value: unknown): unknown {
  return mapKeys(value, (keys) => keys.toReversed());
}

function sorted(value: unknown): unknown {
  return mapKeys(value, (keys) => keys.toSorted());
}

function mapKeys(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, order));
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  const block = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(block)).map((key) => [key, mapKeys(block[key], order)]));
}
