import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { programsOf } from '../../scripts/document/page.js';
import { installPackage, ROOT } from '../tensor/installed-package.js';

/** What npm packs, in an empty folder with nothing but what package.json names in `dependencies`. The tests follow a person's first steps, in order. */
const { folder, node, run } = installPackage({ isSetUp: false });
const PACKAGE = 'node_modules/noisy-student';
const command = (...args: readonly string[]) => node('node_modules/.bin/noisy-student', ...args);

test('the package holds compiled modules, their types and what they read; no source, test or script of the checkout', () => {
  const files = filesIn(join(folder, PACKAGE));
  const kept = ['package.json', 'README.md', 'LICENSE', 'cli/noisy-student.mjs', 'scripts/setup.mjs', 'scripts/binaries.lock.json'];
  const checkout = [
    ...filesIn(join(ROOT, 'schemas'), 'schemas/'),
    ...filesIn(join(ROOT, 'pipelines'), 'pipelines/'),
    ...filesIn(join(ROOT, 'scripts/setup'), 'scripts/setup/'),
  ];
  assert.deepEqual([...kept, ...checkout].filter((file) => !files.includes(file)), []); // prettier-ignore
  const other = files.filter(
    (file) => !kept.includes(file) && !checkout.includes(file) && !/^(dist\/(lib|activities|workflows|workers|cli|api)\/|docs\/)/.test(file),
  );
  assert.deepEqual(other, []);
  assert.deepEqual(files.filter((file) => /(?<!\.d)\.[mc]?ts$|\.map$|\.test\./.test(file)), []); // prettier-ignore
  const modules = files.filter((file) => /^dist\/.*\.c?js$/.test(file));
  assert.deepEqual(modules.filter((file) => !files.includes(file.replace(/\.(c?)js$/, '.d.$1ts'))), []); // prettier-ignore
  assert.ok(modules.includes('dist/lib/device/child.js') && modules.includes('dist/lib/spec/validator.generated.cjs'));
});

test('every address in package.json leads to a file', () => {
  const { exports, bin } = JSON.parse(readFileSync(join(folder, PACKAGE, 'package.json'), 'utf8')) as { exports: object; bin: object };
  const addresses = [exports, bin]
    .flatMap((part) => JSON.stringify(part).match(/"(\.\/dist|cli)[^"]+"/g) ?? [])
    .map((text) => text.replaceAll(/"(\.\/)?/g, ''));
  const files = filesIn(join(folder, PACKAGE));
  assert.deepEqual([addresses.length, addresses.filter((address) => !files.includes(address))], [5, []]);
});

const STEP = `
  import { compilePureStep } from 'noisy-student/compile';
  import * as tf from '@tensorflow/tfjs-node-gpu';
  const counter = compilePureStep(({ n }, { by }) => ({ state: { n: tf.add(n, by) }, outputs: { n } }), { n: tf.scalar(1) });
  counter.run({ by: tf.scalar(2) });
  console.log(counter.run({ by: tf.scalar(0) }).n.dataSync()[0]);
`;

test('before set-up a program is told what to do, and `doctor --check` only says what is missing', () => {
  const program = `
    import { runtimeFacts } from './${PACKAGE}/dist/lib/tensor/runtime.js';
    try { runtimeFacts(); } catch ({ code, message }) { console.log(code, message); }
  `;
  assert.match(run('early.mjs', program), /^TENSORFLOW_MISSING .*tfjs_binding\.node.* · run: npx noisy-student doctor\n$/);
  const { status, stdout, stderr } = command('doctor', '--check');
  assert.deepEqual([status, stderr], [1, '']);
  for (const what of ['libtensorflow', 'device', 'Temporal server'])
    assert.match(stdout, new RegExp(`^✗ ${what} +missing · run: npx noisy-student doctor$`, 'm'));
});

test('`doctor` sets the installed package up and says so; a second one has nothing to do', () => {
  const first = command('doctor', '--data');
  assert.equal(first.status, 0, first.stdout + first.stderr);
  assert.match(first.stderr, /^setup: addon: compiling against tensorflow-c/m);
  assert.doesNotMatch(first.stdout, /✗/);
  const second = command('doctor', '--check', '--json');
  assert.deepEqual([second.status, second.stderr], [0, '']);
  assert.ok((JSON.parse(second.stdout) as { ok: boolean }[]).every(({ ok }) => ok));
});

test('a plain .mjs imports the package and computes', () => {
  assert.equal(run('step.mjs', STEP), '3\n');
  assert.equal(run('whole.mjs', "import * as all from 'noisy-student'; console.log(typeof all.createModel);"), 'function\n');
});

test('`validate` and `run` work: a worker, its threads and its device process start from the compiled files', () => {
  const shipped = command('validate', join(PACKAGE, 'pipelines/fashion-mnist.yaml'));
  assert.equal(shipped.status, 0, shipped.stderr);
  writeFileSync(join(folder, 'tiny.yaml'), TINY);
  const { status, stdout, stderr } = command('run', 'tiny.yaml', '--json', '--home', 'home');
  assert.equal(status, 0, stderr);
  const { state, generations } = JSON.parse(stdout) as { state: string; generations: { model: string }[] };
  assert.deepEqual([state, generations.length], ['done', 2]);
});

test('TypeScript finds the types of both entries, checks against them, and takes the programs of the documents as they stand', () => {
  writeFileSync(
    join(folder, 'app.mts'),
    `import { compilePureStep, type CompiledStep } from 'noisy-student/compile';
    import { createModel } from 'noisy-student';
    const step: CompiledStep = compilePureStep(({ n }) => ({ state: {}, outputs: { n: n! } }), {});
    step.run({ x: 1 });
    const wrong: string = createModel;`,
  );
  const documents = ['README.md', 'docs/timm.md'].map((document, i) => {
    const { program } = programsOf(readFileSync(join(folder, PACKAGE, document), 'utf8'));
    assert.match(program, /^import \{ createModel/);
    writeFileSync(join(folder, `document-${i}.mts`), program);
    return `document-${i}.mts`;
  });
  writeFileSync(join(folder, 'loop.mts'), LOOP);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', '--pretty', 'false'];
  const { stdout } = node(compiler, ...options, 'app.mts', 'loop.mts', ...documents);
  const errors = stdout.match(/^\S+: error TS\d+/gm)?.map((line) => line.replace(/,\d+\)/, ')'));
  assert.deepEqual(errors, ['app.mts(4): error TS2322', 'app.mts(5): error TS2322'], stdout);
});

test('the documents install the package by the same command', () => {
  const commands = ['README.md', 'docs/timm.md'].map((document) => /^npm install .*?noisy-student\b/m.exec(readFileSync(join(ROOT, document), 'utf8'))?.[0]);
  assert.deepEqual(commands, Array(2).fill('npm install --ignore-scripts noisy-student'));
});

/** What a person writes around the documents' programs. */
const LOOP = `
  import { createModel, createTransform, openImage, resolveDataConfig, tf, topK } from 'noisy-student';
  const model = await createModel('efficientnet_t0', { numClasses: 2 });
  const transform = createTransform(resolveDataConfig({}, { model }));
  const batch = tf.stack([transform(await openImage('a.jpg')), transform(await openImage('b.jpg'))]);
  const targets = tf.oneHot(tf.tensor1d([0, 1], 'int32'), 2);
  const loss = () => tf.losses.softmaxCrossEntropy(targets, model.forward(batch, { training: true })) as tf.Scalar;
  tf.train.sgd(0.1).minimize(loss, true, model.trainableVariables);
  const { final, maps } = model.forwardIntermediates(batch);
  topK([0.5, 0.5], 1);
  topK(Float64Array.of(0.5), 1);
  topK(tf.softmax(model.forwardHead(tf.concat([final!, maps.at(-1)!], 3))).dataSync(), 1);
`;

/** Seconds of work, by Fashion-MNIST's real files. */
const TINY = `
version: 1
name: tiny
data:
  image: { size: 28, channels: 1 }
  labelled: { format: idx, path: fashion-mnist/train, perClass: 2 }
  validation: { format: idx, path: fashion-mnist/test, perClass: 2 }
  unlabelled: { format: idx, path: fashion-mnist/train, perClass: 2 }
  test: { format: idx, path: fashion-mnist/test, perClass: 2 }
teacher: { model: efficientnet_t0, training: { steps: 4, batch: 4 } }
students: [{ model: efficientnet_t0 }]
baseline: none
noise: { flip: horizontal }
training: { steps: 4, batch: 2, unlabelledRatio: 2, checkpointEvery: 2, schedule: { name: cosine, rate: 0.01, warmupSteps: 1 } }
labelling: { batch: 16, shard: 16 }
selection: { confidence: 0 }
`;

/** Without what is installed for them or written beside them later. */
function filesIn(top: string, prefix = ''): string[] {
  return readdirSync(top, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => prefix + join(entry.parentPath, entry.name).slice(top.length + 1))
    .filter((file) => !file.startsWith('node_modules/'));
}
