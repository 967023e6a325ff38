import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ScheduleSpec } from '../../lib/spec/resolved.js';
import { rateAt } from '../../lib/training/schedule.js';

type Rows = [step: number, rate: number][];
const golden = JSON.parse(readFileSync(new URL('../golden/schedules.json', import.meta.url), 'utf8')) as {
  tolerance: number;
  values: { cosine: { rate: number; steps: number; rows: Rows }; exponential: { rate: number; decay: number; everySteps: number; steps: number; rows: Rows } };
};
const { cosine, exponential } = golden.values;

test("cosine falls as timm's does", () => {
  checkRates({ name: 'cosine', rate: cosine.rate, warmupSteps: 5 }, cosine.steps, cosine.rows);
});

test("exponential falls in timm's stairs", () => {
  checkRates({ name: 'exponential', ...exponential, warmupSteps: 5 }, exponential.steps, exponential.rows);
});

test('the warm-up is linear, not zero at first and full at its last step', () => {
  const schedule: ScheduleSpec = { name: 'exponential', rate: 0.4, warmupSteps: 4, decay: 0.5, everySteps: 1000 };
  checkRates(schedule, 100, [
    [0, 0.1],
    [1, 0.2],
    [2, 0.3],
    [3, 0.4],
    [4, 0.4],
  ]);
  checkRates({ name: 'cosine', rate: 1, warmupSteps: 2 }, 4, [
    [0, 0.5],
    [1, 0.5 * (1 + Math.SQRT1_2)],
    [2, 0.5],
    [3, 0.5 * (1 - Math.SQRT1_2)],
  ]);
});

test('without a warm-up the first step has the full rate', () => {
  checkRates({ name: 'cosine', rate: 1, warmupSteps: 0 }, 10, [[0, 1]]);
});

function checkRates(schedule: ScheduleSpec, steps: number, rows: Rows): void {
  for (const [step, rate] of rows) {
    const found = rateAt(schedule, step, steps);
    assert.ok(Math.abs(found - rate) <= golden.tolerance, `step ${step}: ${found} instead of ${rate}`);
  }
}
