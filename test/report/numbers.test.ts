import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, decimal, duration, percent, points } from '../../lib/report/numbers.js';

const PRINTED: readonly (readonly [string, string, string])[] = [
  ['a gain has a plus', points(1.4249), '+1.42 points'],
  ['a loss has a minus, not a hyphen', points(-0.5), '−0.50 points'],
  ['a difference too small to print has neither', points(-0.004), '±0.00 points'],
  ['thousands are grouped', count(57_500), '57,500'],
  ['a share is per cent', percent(0.8249), '82.49\u00a0%'],
  ['what was not measured is a dash', [count(null), percent(null), decimal(null, 2)].join(' '), '– – –'],
  ['seconds', duration(59.4), '59 s'],
  ['minutes', duration(480.6), '8 min 1 s'],
  ['hours', duration(11 * 24 * 3600 + 125), '264 h 2 min'],
];

for (const [name, printed, expected] of PRINTED) test(name, () => assert.equal(printed, expected));
