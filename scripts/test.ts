import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versitygw } from './versitygw.js';

/**
 * Runs a suite: `browser` needs Chromium, `s3` an S3-compatible server that Go builds, `test` is all the rest. One process per file; Node 20's
 * test runner knows no `**`, so the files are listed here.
 */
const SUITES: Readonly<Record<string, (file: string) => boolean>> = {
  test: (file) => !isIn('browser', file) && !isIn('s3', file),
  browser: (file) => isIn('browser', file),
  s3: (file) => isIn('s3', file),
};

const [suite = 'test', ...options] = process.argv.slice(2);
const belongs = SUITES[suite];
if (!belongs) {
  console.error(`no suite is called ${suite}; there are ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
}
const server = suite === 's3' ? versitygw() : undefined;
if (server?.program === null) {
  console.error(`THE S3 TESTS DID NOT RUN: ${server.reason}`);
  process.exit(0);
}
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => join('test', file))
  .filter((file) => file.endsWith('.test.ts') && belongs(file))
  .sort();
// Some tests install the package. Made before they start, else two of them would make it at once.
const built = spawnSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
// Two at a time: a file with a server and one that computes keep two cores busy without starving a heartbeat.
const scratch = mkdtempSync(join(tmpdir(), 'noisy-student-test-'));
chmodSync(scratch, 0o755); // some tests go on as another user
const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...options, ...files], {
  stdio: 'inherit',
  env: { ...process.env, TMPDIR: scratch },
});
rmSync(scratch, { recursive: true, force: true });
process.exit(status ?? 1);

function isIn(folder: string, file: string): boolean {
  return file.startsWith(join('test', folder));
}
