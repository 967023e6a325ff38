import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withLock } from '../../workers/lock.js';
import { ENDED_PID, freshHome } from './homes.js';

test('one at a time holds a lock, and all get it', async (t) => {
  const file = join(await freshHome(t), 'lock');
  let holders = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++holders);
    await nextTurn();
    holders--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, work)));
  assert.equal(most, 1);
  assert.ok(!existsSync(file));
});

test('the lock of a killed process is free', async (t) => {
  const file = join(await freshHome(t), 'lock');
  await writeFile(file, String(ENDED_PID));
  assert.equal(await withLock(file, async () => 'mine'), 'mine');
});

test('work that fails gives the lock back', async (t) => {
  const file = join(await freshHome(t), 'lock');
  await assert.rejects(
    withLock(file, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(await withLock(file, async () => 'mine'), 'mine');
});
