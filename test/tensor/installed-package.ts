import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of somebody's program, with this package in `node_modules` as npm puts it there. */
export interface Installation {
  readonly folder: string;
  /** Runs a program with Node.js alone, and returns what it prints. Fails if the program does. */
  run(file: string, program: string): string;
  /** Runs Node.js in the folder. */
  node(...args: readonly string[]): Ended;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InstallationOptions {
  /** The one package of its kind. */
  readonly tensorFlow?: 'tfjs-node' | 'tfjs-node-gpu';
  /** False: libtensorflow, the addon and the Temporal server are not there yet. */
  readonly isSetUp?: boolean;
}

/** Gone after the tests of the file. What the package depends on is the checkout's; what only the checkout needs is not there. */
export function installPackage({ tensorFlow = 'tfjs-node-gpu', isSetUp = true }: InstallationOptions = {}): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-installed-'));
  after(() => rmSync(folder, { recursive: true }));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  unpackInto(modules);
  linkDependencies(modules);
  copyTensorFlow(join(modules, '@tensorflow', tensorFlow), isSetUp);
  const env = { ...process.env, ...tensorFlowEnvironment({ interOp: 2 }), NODE_OPTIONS: '', TEMPORAL_ADDRESS: undefined, TEMPORAL_CLI_PATH: undefined };
  const node = (...args: readonly string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  return {
    folder,
    node,
    run(file, program) {
      writeFileSync(join(folder, file), program);
      const { status, stdout, stderr } = node(file);
      assert.equal(status, 0, stderr);
      return stdout;
    },
  };
}

/** What npm would publish, as `noisy-student`, with its command. */
function unpackInto(modules: string): void {
  command(process.execPath, ['scripts/build.mjs', '--if-stale'], ROOT);
  const packed = command('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', modules], ROOT);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  command('tar', ['-xzf', filename], modules);
  renameSync(join(modules, 'package'), join(modules, 'noisy-student'));
  rmSync(join(modules, filename));
  const { bin } = JSON.parse(readFileSync(join(modules, 'noisy-student/package.json'), 'utf8')) as { bin: Record<string, string> };
  mkdirSync(join(modules, '.bin'));
  for (const [name, file] of Object.entries(bin)) symlinkSync(join('../noisy-student', file), join(modules, '.bin', name));
}

/** Those of others by links; TensorFlow.js, which the tests alter, is left out. */
function linkDependencies(modules: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean }> };
  for (const [path, { dev }] of Object.entries(packages)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    const isOfAnotherPlatform = !existsSync(join(ROOT, path));
    if (name === undefined || dev || isOfAnotherPlatform || name === '@tensorflow/tfjs-node-gpu') continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, path), join(modules, name));
  }
}

/** The packages `tfjs-node` and `tfjs-node-gpu` differ in their names and in the libtensorflow that npm fetches. */
function copyTensorFlow(to: string, isSetUp: boolean): void {
  const from = join(ROOT, 'node_modules/@tensorflow/tfjs-node-gpu');
  for (const name of ['package.json', 'dist', 'binding']) cpSync(join(from, name), join(to, name), { recursive: true });
  if (isSetUp) symlinkSync(join(from, 'lib'), join(to, 'lib'));
}

function command(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}
