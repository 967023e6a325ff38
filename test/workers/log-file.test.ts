import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { logFile } from '../../workers/log-file.js';
import { freshHome } from './homes.js';

test('a log that grew long is put aside, a short one goes on', async (t) => {
  const home = await freshHome(t);
  await mkdir(join(home, 'logs'));
  const file = logFile(home, 'worker', 10);
  await writeFile(file, 'short');
  assert.equal(logFile(home, 'worker', 10), file);
  assert.equal(await readFile(file, 'utf8'), 'short');
  await writeFile(file, 'more than ten bytes');
  logFile(home, 'worker', 10);
  assert.equal(await readFile(`${file}.1`, 'utf8'), 'more than ten bytes');
  await assert.rejects(readFile(file), { code: 'ENOENT' });
});
