import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of somebody's program, with this package in `node_modules` as npm puts it there. */
export interface Installation {
  readonly folder: string;
  /** Runs a program with Node.js alone, and returns what it prints. Fails if the program does. */
  run(file: string, program: string): string;
}

/** Gone after the tests of the file. What the package needs is the checkout's, with `tensorFlow` as the one package of its kind. */
export function installPackage(tensorFlow: 'tfjs-node' | 'tfjs-node-gpu' = 'tfjs-node-gpu'): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-installed-'));
  after(() => rmSync(folder, { recursive: true }));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  unpackInto(modules);
  linkAll(join(ROOT, 'node_modules'), modules, ['@tensorflow']);
  mkdirSync(join(modules, '@tensorflow'));
  linkAll(join(ROOT, 'node_modules/@tensorflow'), join(modules, '@tensorflow'), ['tfjs-node-gpu']);
  copyTensorFlow(join(modules, '@tensorflow', tensorFlow));
  return {
    folder,
    run(file, program) {
      writeFileSync(join(folder, file), program);
      const env = { ...process.env, ...tensorFlowEnvironment({ interOp: 2 }), NODE_OPTIONS: '' };
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', env });
      assert.equal(status, 0, stderr);
      return stdout;
    },
  };
}

/** What npm would publish, as `noisy-student`. */
function unpackInto(modules: string): void {
  const packed = command('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', modules], ROOT);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  command('tar', ['-xzf', filename], modules);
  renameSync(join(modules, 'package'), join(modules, 'noisy-student'));
  rmSync(join(modules, filename));
}

function linkAll(from: string, to: string, except: readonly string[]): void {
  for (const name of readdirSync(from)) if (!except.includes(name)) symlinkSync(join(from, name), join(to, name));
}

/** The packages `tfjs-node` and `tfjs-node-gpu` differ in their names and in the libtensorflow that npm fetches. */
function copyTensorFlow(to: string): void {
  const from = join(ROOT, 'node_modules/@tensorflow/tfjs-node-gpu');
  mkdirSync(to);
  for (const name of ['package.json', 'dist']) cpSync(join(from, name), join(to, name), { recursive: true });
  symlinkSync(join(from, 'lib'), join(to, 'lib'));
}

function command(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}
