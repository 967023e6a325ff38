import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compilePureStep, type NamedTensors, type PureStep } from '../../lib/tensor/compile.js';
import { compileStep } from '../../lib/tensor/compile-variables.js';
import { assignInPlace, updateInPlace } from '../../lib/tensor/in-place.js';
import { nativeBackend } from '../../lib/tensor/native.js';
import { tensorFlowEnvironment, tf } from '../../lib/tensor/runtime.js';

const scratch = mkdtempSync(join(tmpdir(), 'compile-'));
after(() => rmSync(scratch, { recursive: true }));

/** A linear model under gradient descent with momentum. */
const descend: PureStep = ({ weight, speed }, { x, y, rate }) => {
  const { value, grads } = tf.valueAndGrads((w: tf.Tensor) => tf.mean<tf.Scalar>(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), y!))))([
    weight!,
  ]);
  const next = tf.add(tf.mul(speed!, 0.9), tf.mul(grads[0]!, rate!));
  return { state: { weight: tf.sub(weight!, next), speed: next }, outputs: { loss: value } };
};
const initial = () => ({ weight: tf.tensor2d([1, -1, 0.5], [3, 1]), speed: tf.zeros([3, 1]) });

test('a compiled step computes what the function computes, over many steps', () => {
  const [compiled, eager] = [compilePureStep(descend, initial(), { scratch }), compilePureStep(descend, initial(), { eager: true })];
  for (let i = 0; i < 50; i++) {
    const inputs = batch(4, i);
    const [one, other] = [compiled.run(inputs), eager.run(inputs)];
    assertClose(one['loss']!, other['loss']!);
  }
  const [one, other] = [compiled.readState(), eager.readState()];
  for (const name of ['weight', 'speed']) assertClose(one[name]!, other[name]!);
  assert.equal(compiled.recordings, 1);
  compiled.dispose();
  eager.dispose();
});

test('the function is called once for each set of input shapes, and the state goes on through all of them', () => {
  let calls = 0;
  const counted: PureStep = (state, inputs) => (calls++, descend(state, inputs));
  const [compiled, eager] = [compilePureStep(counted, initial(), { scratch }), compilePureStep(descend, initial(), { eager: true })];
  for (const [i, rows] of [4, 2, 4, 2, 2, 4].entries()) assertClose(compiled.run(batch(rows, i))['loss']!, eager.run(batch(rows, i))['loss']!);
  assert.deepEqual([calls, compiled.recordings], [2, 2]);
  assertClose(compiled.readState()['weight']!, eager.readState()['weight']!);
  compiled.dispose();
});

test('a state that is read and written back goes on as if nothing had happened', () => {
  const straight = compilePureStep(descend, initial(), { scratch });
  const [first, second] = [compilePureStep(descend, initial(), { scratch }), compilePureStep(descend, initial(), { scratch })];
  for (let i = 0; i < 6; i++) straight.run(batch(4, i));
  for (let i = 0; i < 3; i++) first.run(batch(4, i));
  second.writeState(first.readState()); // before its first run
  for (let i = 3; i < 6; i++) second.run(batch(4, i));
  assert.deepEqual(numbers(second.readState()), numbers(straight.readState()));
  first.writeState(second.readState()); // after it
  assert.deepEqual(numbers(first.readState()), numbers(straight.readState()));
  assert.throws(() => first.writeState({ weight: tf.zeros([2, 1]), speed: tf.zeros([3, 1]) }), /weight is \[2,1\], but must be \[3,1\]/);
  for (const step of [straight, first, second]) step.dispose();
});

test('nothing is left: no tensor, no session, no file', () => {
  const before = { tensors: tf.memory().numTensors, sessions: nativeBackend().binding.getNumOfSavedModels() };
  const start = initial();
  const compiled = compilePureStep(descend, start, { scratch });
  tf.dispose(Object.values(start)); // at once, before the first run
  for (let i = 0; i < 3; i++) {
    const inputs = batch(4, i);
    tf.dispose([...Object.values(compiled.run(inputs)), ...Object.values(inputs)]);
  }
  tf.dispose(Object.values(compiled.readState()));
  compiled.dispose();
  assert.deepEqual({ tensors: tf.memory().numTensors, sessions: nativeBackend().binding.getNumOfSavedModels() }, before);
  assert.deepEqual(readdirSync(scratch), []);
});

test('state tensors may be swapped, left alone, or kept', () => {
  const swap: PureStep = ({ a, b, c }) => ({ state: { a: b!, b: a!, c: c! }, outputs: { sum: tf.keep(tf.add(a!, c!)) } });
  const start = { a: tf.scalar(1), b: tf.scalar(2), c: tf.scalar(10) };
  const compiled = compilePureStep(swap, start, { scratch });
  assert.deepEqual(
    [compiled, compiled, compiled].map((step) => step.run({})['sum']!.dataSync()[0]),
    [11, 12, 11],
  );
  assert.deepEqual(numbers(compiled.readState()), { a: [2], b: [1], c: [10] });
  compiled.dispose();
});

test('tensors that happen to be the same one at the first run are told apart', () => {
  const shared = tf.scalar(1);
  const step: PureStep = ({ a, b }, { x, y }) => ({ state: { a: tf.add(a!, x!), b: tf.add(b!, y!) }, outputs: { sum: tf.add(a!, b!) } });
  const compiled = compilePureStep(step, { a: shared, b: shared }, { scratch });
  compiled.run({ x: shared, y: shared });
  compiled.run({ x: tf.scalar(10), y: tf.scalar(100) });
  assert.deepEqual(numbers(compiled.readState()), { a: [12], b: [102] });
  compiled.dispose();
});

test('JavaScript numbers that become state are never let go by a thread of libtensorflow', () => {
  const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', 'test/tensor/replace-state.ts'], {
    env: { ...process.env, ...tensorFlowEnvironment({ interOp: 4 }) },
  });
  assert.deepEqual({ status, signal }, { status: 0, signal: null });
});

/** Each changes the state `[w, m, v]` with the gradient g = w² by an operation of libtensorflow, and reads it before and after. */
const IN_PLACE: Readonly<Record<string, PureStep>> = {
  ResourceApplyRMSProp: ({ w, m, v }) => {
    const gradient = tf.square(w!);
    const [next, square, buffer] = updateInPlace({
      operation: 'ResourceApplyRMSProp',
      variables: [w!, m!, v!],
      operands: [tf.scalar(0.1), tf.scalar(0.9), tf.scalar(0.8), tf.scalar(1e-3), gradient],
      otherwise() {
        const square = tf.add(tf.mul(m!, 0.9), tf.mul(tf.square(gradient), 0.1));
        const buffer = tf.add(tf.mul(v!, 0.8), tf.div(tf.mul(gradient, 0.1), tf.sqrt(tf.add(square, 1e-3))));
        return [tf.sub(w!, buffer), square, buffer];
      },
    });
    return { state: { w: next!, m: square!, v: buffer! }, outputs: { before: tf.add(w!, 0), after: tf.add(next!, 0) } };
  },
  'ResourceApplyAdam after an assignment': ({ w, m, v }) => {
    const gradient = tf.square(w!);
    const decayed = assignInPlace(w!, tf.mul(w!, 0.9));
    const [next, first, second] = updateInPlace({
      operation: 'ResourceApplyAdam',
      variables: [decayed, m!, v!],
      operands: [tf.scalar(0), tf.scalar(0), tf.scalar(0.1), tf.scalar(0.9), tf.scalar(0.8), tf.scalar(1e-3), gradient],
      otherwise() {
        const [first, second] = [tf.add(tf.mul(m!, 0.9), tf.mul(gradient, 0.1)), tf.add(tf.mul(v!, 0.8), tf.mul(tf.square(gradient), 0.2))];
        return [tf.sub(decayed, tf.div(tf.mul(first, 0.1), tf.add(tf.sqrt(second), 1e-3))), first, second];
      },
    });
    return { state: { w: next!, m: first!, v: second! }, outputs: { before: tf.add(w!, 0), after: tf.add(next!, 0) } };
  },
  'a tensor that is no part of the state': ({ w, m, v }) => {
    const sum = tf.add(w!, m!);
    const next = assignInPlace(sum, tf.mul(sum, 0.5));
    return { state: { w: next, m: w!, v: v! }, outputs: { before: tf.add(w!, 0), after: tf.add(next, 0) } };
  },
  'a change of a change': ({ w, m, v }) => {
    const once = assignInPlace(w!, tf.mul(w!, 2));
    const twice = assignInPlace(once, tf.add(once, m!));
    return { state: { w: tf.sub(twice, w!), m: once, v: v! }, outputs: { before: tf.add(w!, 0), after: tf.add(twice, 0) } };
  },
};

for (const [name, step] of Object.entries(IN_PLACE)) {
  test(`a change in place computes what ordinary operations compute, and earlier tensors keep their numbers: ${name}`, () => {
    const start = () => ({ w: tf.tensor1d([1, -2, 0.5]), m: tf.tensor1d([1, 1, 1]), v: tf.tensor1d([0.1, 0, 0.2]) });
    const [compiled, eager] = [compilePureStep(step, start(), { scratch }), compilePureStep(step, start(), { eager: true })];
    for (let i = 0; i < 5; i++) {
      const [one, other] = [compiled.run({}), eager.run({})];
      for (const output of ['before', 'after']) assertClose(one[output]!, other[output]!);
    }
    const [one, other] = [compiled.readState(), eager.readState()];
    for (const part of ['w', 'm', 'v']) assertClose(one[part]!, other[part]!);
    compiled.dispose();
    eager.dispose();
  });
}

/** What a recording would silently get wrong. */
const REFUSED: readonly (readonly [name: string, step: (inputs: NamedTensors) => tf.Tensor, names: RegExp])[] = [
  ['random numbers', ({ x }) => tf.add(x!, tf.randomUniform([4, 3])), /randomUniform draws random numbers/],
  ['random numbers of a seed', ({ x }) => tf.mul(x!, tf.randomNormal([4, 3], 0, 1, 'float32', 7)), /randomNormal draws random numbers/],
  ['dropout', ({ x }) => tf.dropout(x!, 0.5), /randomUniform draws random numbers/],
  ['drawing an index', ({ x }) => tf.multinomial(tf.abs(x as tf.Tensor2D), 1), /multinomial|Multinomial/i],
  ['reading a computed number', ({ x }) => tf.scalar(tf.sum(x!).dataSync()[0]!), /reads a computed tensor/],
  ['reading an input', ({ x }) => tf.scalar(x!.dataSync()[0]!), /reads a computed tensor/],
];

for (const [name, step, names] of REFUSED) {
  test(`${name} is refused by the operation's name, and nothing is left of the attempt`, () => {
    const before = tf.memory().numTensors;
    const inputs = { x: tf.ones([4, 3]) };
    const compiled = compilePureStep((state, given) => ({ state, outputs: { y: step(given) } }), {}, { scratch });
    assert.throws(() => compiled.run(inputs), { code: 'COMPILE_UNSUPPORTED', message: names });
    tf.dispose(inputs);
    assert.equal(tf.memory().numTensors, before);
    assert.equal(tf.add(1, 2).dataSync()[0], 3); // the backend computes as before
  });
}

test('a step that fails while it is recorded leaves its state as it was', () => {
  const compiled = compilePureStep(
    ({ a }, { x }) => {
      if (x!.shape[0] === 2) throw new Error('not two');
      return { state: { a: tf.add(a!, 1) }, outputs: { a: tf.add(a!, 0) } };
    },
    { a: tf.scalar(5) },
    { scratch },
  );
  assert.throws(() => compiled.run({ x: tf.zeros([2]) }), /not two/);
  assert.equal(compiled.run({ x: tf.zeros([3]) })['a']!.dataSync()[0], 5);
  assert.throws(() => compiled.run({ x: tf.zeros([2]) }), /not two/);
  assert.equal(compiled.run({ x: tf.zeros([3]) })['a']!.dataSync()[0], 6);
  compiled.dispose();
});

test('a tf.layers model with batch norm and tf.train.adam compiles, and its losses are those of eager training', () => {
  const [compiledLosses, compiledWeights] = layersTraining(false);
  const [eagerLosses, eagerWeights] = layersTraining(true);
  for (const [i, loss] of compiledLosses.entries()) assert.ok(Math.abs(loss - eagerLosses[i]!) < 1e-5, `step ${i}: ${loss} and ${eagerLosses[i]}`);
  for (const [i, weight] of compiledWeights.entries()) assert.ok(Math.abs(weight - eagerWeights[i]!) < 1e-4, `weight ${i}: ${weight} and ${eagerWeights[i]}`);
  assert.ok(Math.abs(compiledLosses[0]! - eagerLosses[0]!) <= 1e-6 * eagerLosses[0]!, 'before any rounding has grown');
  assert.ok(compiledLosses.at(-1)! < 0.8 * compiledLosses[0]!, String(compiledLosses));
});

/** Losses of 12 steps, and the weights after them as the model's own variables hold them. */
function layersTraining(eager: boolean): [losses: number[], weights: number[]] {
  const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      // Without a bias: batch norm takes it out again, so its gradient is rounding alone, which Adam makes as large as any other.
      tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, useBias: false, kernelInitializer: seeded(1) }),
      tf.layers.batchNormalization(),
      tf.layers.activation({ activation: 'relu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 2, kernelInitializer: seeded(2) }),
    ],
  });
  const optimiser = tf.train.adam(0.05);
  const minimise = ({ x, y }: NamedTensors) => {
    const cost = optimiser.minimize(() => tf.losses.softmaxCrossEntropy(y!, model.apply(x!, { training: true }) as tf.Tensor) as tf.Scalar, true);
    return { loss: cost! };
  };
  const x = tf.randomNormal([16, 8, 8, 1], 0, 1, 'float32', 3);
  const y = tf.oneHot(tf.cast(tf.greater(tf.mean(x, [1, 2, 3]), 0), 'int32'), 2);
  minimise({ x, y }).loss.dispose(); // makes the optimiser's variables
  const step = compileStep(minimise, { scratch, eager });
  const losses = Array.from({ length: 12 }, () => step.run({ x, y })['loss']!.dataSync()[0]!);
  step.syncVariables();
  const weights = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
  step.dispose();
  tf.disposeVariables();
  return [losses, weights];
}

function batch(rows: number, seed: number): NamedTensors {
  const x = tf.randomNormal([rows, 3], 0, 1, 'float32', seed + 1);
  return { x, y: tf.sum(x, 1, true), rate: tf.scalar(0.05 / (seed + 1)) };
}

function numbers(tensors: NamedTensors): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}

function assertClose(one: tf.Tensor, other: tf.Tensor): void {
  const difference = tf.max(tf.abs(tf.sub(one, other))).dataSync()[0]!;
  assert.ok(difference < 1e-5, `${difference}`);
}
