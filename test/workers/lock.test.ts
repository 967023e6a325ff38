import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withLock } from '../../workers/lock.js';
import { isError } from '../store/contract.js';
import { ENDED, freshHome } from './homes.js';

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

const ORPHANS = {
  'of a killed process': JSON.stringify(ENDED),
  'whose process id another process has now': JSON.stringify({ pid: process.pid, started: 'long ago' }),
  'that a full disk left empty': '',
};
for (const [name, content] of Object.entries(ORPHANS)) {
  test(`a lock ${name} is free`, async (t) => {
    const file = join(await freshHome(t), 'lock');
    await writeFile(file, content);
    await utimes(file, 0, 0);
    assert.equal(await withLock(file, async () => 'mine', { patienceMs: 2_000 }), 'mine');
  });
}

test('a lock that is not given back is not waited for without end, nor once nobody wants it', async (t) => {
  const file = join(await freshHome(t), 'lock');
  await withLock(file, async () => {
    await assert.rejects(
      withLock(file, async () => 'mine', { patienceMs: 0 }),
      (error: Error) => {
        assert.ok(error.message.includes(`${file} is held by process ${process.pid}`), error.message);
        return isError('SERVER_UNREACHABLE')(error);
      },
    );
    const reason = new Error('no longer wanted');
    await assert.rejects(
      withLock(file, async () => 'mine', { signal: AbortSignal.abort(reason) }),
      reason,
    );
  });
});

test('work that fails gives the lock back', async (t) => {
  const file = join(await freshHome(t), 'lock');
  await assert.rejects(
    withLock(file, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(await withLock(file, async () => 'mine'), 'mine');
});
