import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installPackage, ROOT } from './installed-package.js';

const { folder, run } = installPackage();

/** Minimises (w - target)² with momentum, and says which TensorFlow.js and which addon the process has loaded. */
const DESCENT = `
  const w = tf.variable(tf.scalar(1));
  const optimiser = tf.train.momentum(0.25, 0.5);
  const descend = ({ target }) => ({ loss: optimiser.minimize(() => tf.squaredDifference(w, target), true) });
  descend({ target: tf.scalar(0) });
  const step = compileStep(descend);
  const losses = [1, 2, 3].map((target) => step.run({ target: tf.scalar(target) }).loss.dataSync()[0]);
  step.syncVariables();
  const loaded = Object.keys(require('node:module')._cache).flatMap((file) => /(tfjs-node(-gpu)?.dist.index.js|tfjs_binding.node)$/.exec(file)?.[0] ?? []);
  console.log(JSON.stringify({ losses, w: w.dataSync()[0], recordings: step.recordings, loaded }));
`;

/** By hand: w and the momentum m start at 1 and 0; each step, m = m / 2 + 2 (w - target) and then w = w - m / 4. */
const DESCENDED = { losses: [0.25, 2.25, 3.0625], w: 2.5, recordings: 1 };

test('a program in plain JavaScript imports the package as npm installs it, and both use one TensorFlow.js', () => {
  const imports = `
    import { createRequire } from 'node:module';
    import * as tf from '@tensorflow/tfjs-node-gpu';
    import { compileStep } from 'noisy-student/compile';
    const require = createRequire(import.meta.url);
  `;
  const loaded = ['tfjs-node-gpu/dist/index.js', 'tfjs_binding.node'];
  assert.deepEqual(JSON.parse(run('app.mjs', imports + DESCENT)), { ...DESCENDED, loaded });
  const requires = `const tf = require('@tensorflow/tfjs-node-gpu'); const { compileStep } = require('noisy-student/compile');`;
  assert.deepEqual(JSON.parse(run('app.cjs', requires + DESCENT)), { ...DESCENDED, loaded });
});

test('a program that has loaded tfjs-node keeps it: tfjs-node-gpu is not even there', () => {
  const program = `const tf = require('@tensorflow/tfjs-node'); const { compileStep } = require('noisy-student/compile'); ${DESCENT}`;
  const loaded = ['tfjs-node/dist/index.js', 'tfjs_binding.node'];
  assert.deepEqual(JSON.parse(installPackage({ tensorFlow: 'tfjs-node' }).run('app.cjs', program)), { ...DESCENDED, loaded });
});

test('the import leaves the way in which the process loads modules as it was', () => {
  const printed = run(
    'app.cjs',
    `const Module = require('node:module');
    const way = () => [Module._resolveFilename, ...Object.entries(Module._extensions).flat(), process.sourceMapsEnabled];
    const before = way();
    const first = require('noisy-student/compile');
    console.log(way().length === before.length && way().every((part, i) => part === before[i]));
    import('noisy-student/compile').then((second) => console.log(Object.keys(first).every((name) => second[name] === first[name])));`,
  );
  assert.equal(printed, 'true\ntrue\n');
});

test('a program in TypeScript is checked against the types, and nothing in the package fails its checks', () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'app.ts'),
    `import * as tf from '@tensorflow/tfjs-node-gpu';
    import { compilePureStep, compileStep, type CompiledFunction } from 'noisy-student/compile';
    const counter = compilePureStep(({ n }, { by }) => ({ state: { n: tf.add(n!, by!) }, outputs: { n: n! } }), { n: tf.scalar(0) });
    const n: tf.Tensor | undefined = counter.run({ by: tf.scalar(1) })['n'];
    const w = tf.variable(tf.scalar(1));
    const step: CompiledFunction = compileStep(({ x }) => ({ y: tf.mul(w, x!) }), { state: { w }, eager: true });
    step.run({ x: 1 });
    console.log(n);`,
  );
  const { stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty', 'false', 'app.ts'],
    { cwd: folder, encoding: 'utf8' },
  );
  assert.deepEqual(stdout.match(/^\S+error|^\S+: error.*$/gm), ["app.ts(7,16): error TS2322: Type 'number' is not assignable to type 'Tensor<Rank>'."]);
});
