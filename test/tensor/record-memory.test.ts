import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';

const MIB = 2 ** 20;
const TENSORS = 60;

test('recording takes the memory of one large tensor for each shape, not of all tensors of the step', () => {
  // As a device process is started: under other settings the C library may keep what is freed, by the chance of what lies beside it.
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'record-large.ts'), String(TENSORS)], {
    encoding: 'utf8',
    env: { ...process.env, ...tensorFlowEnvironment({ interOp: 2 }) },
  });
  assert.equal(status, 0, stderr);
  const { first, mean, grown } = JSON.parse(stdout) as Record<'first' | 'mean' | 'grown', number>;
  const expected = Array.from({ length: TENSORS }, (_, i) => i).reduce((value, i) => Math.fround(Math.fround(value + i) * 0.5), 1);
  assert.equal(first, expected);
  assert.ok(Math.abs(mean - expected) < 1e-3, 'tensors that shared memory in the recording are apart in the graph');
  assert.ok(grown < 400 * MIB, `the peak grew by ${Math.round(grown / MIB)} MiB; all tensors together are ${2 * TENSORS * 16} MiB`);
});
