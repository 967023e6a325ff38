import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runtimeFacts, tensorFlowEnvironment, tf } from '../../lib/tensor/runtime.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('to import the runtime loads nothing; the first use does', () => {
  const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('tfjs'));
  assert.ok(!loaded());
  assert.equal(typeof tf.conv2d, 'function');
  assert.ok(loaded());
});

test('libtensorflow is the pinned one, and it computes', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'scripts/binaries.lock.json'), 'utf8')) as { bundles: Record<string, { version: string }> };
  const { libtensorflow, backend, package: name } = runtimeFacts();
  assert.equal(libtensorflow, lock.bundles['tensorflow-cpu']!.version);
  assert.equal(backend, 'tensorflow');
  assert.equal(name, '@tensorflow/tfjs-node-gpu 4.22.0');
});

test('a convolution of ones counts the cells under the kernel', () => {
  const output = tf.tidy(() => tf.conv2d(tf.ones([1, 3, 3, 1]) as tf.Tensor4D, tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, 'same').arraySync());
  assert.deepEqual(output.flat(3), [4, 6, 4, 6, 9, 6, 4, 6, 4]);
});

test('what newer Node.js took out of node:util is there for the package: isArray and isNullOrUndefined', () => {
  const [values, gradient] = tf.tidy(() => {
    const { values, indices } = tf.topk(tf.tensor1d([1, 3, 2]), 2);
    assert.deepEqual([...indices.dataSync()], [1, 2]);
    return [
      values.dataSync(),
      tf
        .grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2]))
        .dataSync(),
    ];
  });
  assert.deepEqual([[...values], [...gradient]], [[3, 2], [2, 4]]); // prettier-ignore
});

test('a process with the recommended environment starts and computes in silence', () => {
  const { stdout, stderr } = runProgram(ROOT, 'console.log(tf.topk(tf.tensor1d([1, 3, 2]), 1).indices.dataSync()[0]);');
  assert.deepEqual([stdout, stderr], ['1\n', '']);
});

test('intra-op threads stay 1 unless told otherwise, for they change the bits', () => {
  const threads = (environment: Record<string, string>) => [environment['TF_NUM_INTRAOP_THREADS'], environment['TF_NUM_INTEROP_THREADS']];
  assert.deepEqual(threads(tensorFlowEnvironment({ interOp: 8 })), ['1', '8']);
  assert.deepEqual(threads(tensorFlowEnvironment({ intraOp: 4, interOp: 8 })), ['4', '8']);
});

test('where TensorFlow is not set up, its first use says so and what to do', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'noisy-student-runtime-'));
  try {
    for (const file of ['package.json', 'lib/errors.ts', 'lib/package.ts', 'lib/tensor/runtime.ts']) cpSync(join(ROOT, file), join(elsewhere, file));
    const { stdout } = runProgram(elsewhere, 'try { tf.ones([1]); } catch ({ code, message }) { console.log(code, message); }');
    assert.match(stdout, /^TENSORFLOW_MISSING .*TensorFlow cannot be loaded \(Cannot find module.*\) · run: npx noisy-student doctor\n$/);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

/** Runs a program that uses the `tf` of a checkout, in a process of its own. */
function runProgram(checkout: string, program: string): { stdout: string; stderr: string } {
  const runtime = pathToFileURL(join(checkout, 'lib/tensor/runtime.ts')).href;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', `const { tf } = await import('${runtime}'); ${program}`];
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...tensorFlowEnvironment({ interOp: 2 }) } });
}
