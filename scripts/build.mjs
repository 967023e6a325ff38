// Compiles the package into dist/: modules with their types, and the other files that they read. `npm pack` does it first.
//
//   npm run build [-- --if-stale]       --if-stale: only if a source is another one than at the last build

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const CACHE = join(ROOT, 'node_modules', '.cache', 'noisy-student');
const STAMP = join(CACHE, 'dist.sha256');

/** No build takes so long: its process was killed. */
const ABANDONED_MS = 5 * 60_000;

const { include: FOLDERS } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8'));

const sources = FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap(filesIn);
const digest = digestOf(['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', ...sources]);
mkdirSync(CACHE, { recursive: true });
if (!process.argv.includes('--if-stale')) process.exitCode = alone(build);
else if (!isBuiltFrom(digest)) process.exitCode = alone(() => (isBuiltFrom(digest) ? 0 : build()));

/** Test files that start together wait for the first one's build, and then have it. */
function alone(work) {
  const lock = join(CACHE, 'build.lock');
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      const changed = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
      if (Date.now() - changed > ABANDONED_MS) rmSync(lock, { recursive: true, force: true });
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** In a folder beside, which then takes dist's place: whoever reads dist finds all of one build. */
function build() {
  const temporary = mkdtempSync(join(CACHE, 'build-'));
  try {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', temporary], { cwd: ROOT, stdio: 'inherit' });
    if (status !== 0) return 1;
    for (const file of sources.filter(isAsset)) copyInto(temporary, file);
    rmSync(STAMP, { force: true });
    rmSync(DIST, { recursive: true, force: true });
    renameSync(temporary, DIST);
    writeFileSync(STAMP, digest);
    return 0;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The compiler writes what it makes of a .ts, and nothing of what it only reads. */
function isAsset(file) {
  return !/(?<!\.d)\.ts$/.test(file);
}

function copyInto(folder, file) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  cpSync(join(ROOT, file), join(folder, file));
}

function isBuiltFrom(inputs) {
  return existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs;
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

/** All files under a folder, as paths from the top. */
function filesIn(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length))
    .sort();
}
