import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIONS, SHARDS_PER_EXECUTION, WINDOW } from '../../workflows/options.js';
import { fakeActivities } from './fake-activities.js';

test('every activity has options', () => {
  assert.deepEqual(Object.keys(OPTIONS).sort(), Object.keys(fakeActivities().activities).sort());
});

for (const [name, { startToCloseTimeout, heartbeatTimeout, retry }] of Object.entries(OPTIONS)) {
  test(`an attempt at ${name} is bounded in time, in silence, and in number`, () => {
    assert.ok(startToCloseTimeout);
    assert.ok(heartbeatTimeout);
    assert.ok(Number.isInteger(retry.maximumAttempts) && retry.maximumAttempts! > 0, 'without a number attempts are unlimited');
  });
}

test('shards in flight stay far below the 2,000 activities that may be pending', () => {
  assert.ok(WINDOW <= 100);
  assert.ok(SHARDS_PER_EXECUTION <= 1_000);
});
