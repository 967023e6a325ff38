// Runs tests on other versions of Node.js, each from its npm package, which holds the program itself.
//
//   node scripts/node-versions.mjs [22 24 [FILE…]]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isVersion = (argument) => /^\d+(\.\d+)*$/.test(argument);
const given = process.argv.slice(2);
const versions = given.some(isVersion) ? given.filter(isVersion) : ['22', '24'];
const files = given.some((argument) => !isVersion(argument))
  ? given.filter((argument) => !isVersion(argument))
  : ['test/tensor/runtime.test.ts', 'test/tensor/public.test.ts'];

for (const version of versions) {
  const passed = runTests(version);
  console.log(`Node.js ${version}: ${passed ? 'passed' : 'FAILED'}`);
  if (!passed) process.exitCode = 1;
}

function runTests(version) {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-node-'));
  try {
    const nodePackage = `node-${process.platform}-${process.arch}`;
    const npm = spawnSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', `${nodePackage}@${version}`], {
      stdio: 'inherit',
    });
    if (npm.status !== 0) return false;
    const node = join(folder, 'node_modules', nodePackage, 'bin', 'node');
    return spawnSync(node, ['--import', 'tsx', '--test', ...files], { stdio: 'inherit' }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
