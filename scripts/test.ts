import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a suite: `test` is everything that needs no browser, `browser` the rest. One process per file; Node 20's
 * test runner knows no `**`, so the files are listed here.
 */
const SUITES: Readonly<Record<string, (file: string) => boolean>> = {
  test: (file) => !file.startsWith(join('test', 'browser')),
  browser: (file) => file.startsWith(join('test', 'browser')),
};

const [suite = 'test', ...options] = process.argv.slice(2);
const belongs = SUITES[suite];
if (!belongs) {
  console.error(`no suite is called ${suite}; there are ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
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
