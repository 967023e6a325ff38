import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forward } from '../../lib/models/efficientnet.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { randomKey, uniforms } from '../../lib/noise/random.js';
import { tf } from '../../lib/tensor/runtime.js';
import { frozenBy } from '../../lib/training/frozen.js';
import { decaysIn, optimiserOf } from '../../lib/training/optimiser.js';
import { restoreState, stateFrom, storedTensors, type TrainState } from '../../lib/training/state.js';
import { normalise } from '../../lib/models/normalise.js';
import { METRICS, trainStep, type Batch, type Masks, type StepPlan } from '../../lib/training/step.js';

const LABELLED = 4;
const PSEUDO = 6;
const CLASSES = 3;

const network = outlineNetwork('efficientnet_t1', { classes: CLASSES, channels: 1 });
const optimiser = optimiserOf({ name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0.01 }, decaysIn(network));
const plan: StepPlan = { frozen: frozenBy(undefined), network, optimiser, labelledCount: LABELLED, unlabelledWeight: 2, mean: [0.4], std: [0.3] };
const OFF: Masks = { dropPath: null, dropout: null };

test('a step changes nothing that goes in, and leaves nothing but what comes out', () => {
  const state = freshState();
  const [batch, masks, scalars] = [randomBatch(), randomMasks(), scalarsAt(0)];
  const given = [...tensorsOf(state), batch.images, batch.targets, masks.dropPath!, masks.dropout!, ...Object.values(scalars)];
  const values = given.map((tensor) => tensor.dataSync().slice());
  const count = tf.memory().numTensors;
  const next = trainStep(plan, state, batch, masks, scalars);
  assert.equal(tf.memory().numTensors - count, tensorsOf(next.state).length + 1);
  for (const [i, tensor] of given.entries()) assert.deepEqual(tensor.dataSync(), values[i]);
});

test('a step never reads the device, so that it can be recorded', (t) => {
  const [state, batch, masks, scalars] = [freshState(), randomBatch(), randomMasks(), scalarsAt(0)];
  const backend = tf.backend() as unknown as { readSync(id: object): unknown; read(id: object): unknown };
  t.mock.method(backend, 'readSync', () => assert.fail('the step read a tensor'));
  t.mock.method(backend, 'read', () => assert.fail('the step read a tensor'));
  trainStep(plan, state, batch, masks, scalars);
});

test('the same inputs give the same bits', () => {
  const [state, batch, masks, scalars] = [freshState(), randomBatch(), randomMasks(), scalarsAt(0)];
  const [one, two] = [trainStep(plan, state, batch, masks, scalars), trainStep(plan, state, batch, masks, scalars)];
  for (const [i, tensor] of tensorsOf(one.state).entries()) assert.deepEqual(tensor.dataSync(), tensorsOf(two.state)[i]!.dataSync());
});

test('both losses are those of one forward pass over the whole batch', () => {
  const [state, batch] = [freshState(), randomBatch()];
  const metrics = metricsOf(trainStep(plan, state, batch, OFF, scalarsAt(0)).metrics);
  const tensors = { ...state.weights, ...state.statistics };
  const { logits } = forward(network, tensors, normalise(batch.images, plan.mean, plan.std), { training: true, ...OFF });
  const [scores, targets] = [logits.arraySync(), batch.targets.arraySync()];
  const rows = scores.map((row, i) => crossEntropyOf(row, targets[i]!));
  const labelled = meanOf(rows.slice(0, LABELLED));
  const pseudo = meanOf(rows.slice(LABELLED));
  const right = scores.slice(0, LABELLED).map((row, i) => Number(largest(row) === largest(targets[i]!)));
  assertClose(metrics.labelledLoss, labelled);
  assertClose(metrics.pseudoLoss, pseudo);
  assertClose(metrics.loss, (labelled + 2 * pseudo) / 3);
  assertClose(metrics.labelledTop1, meanOf(right));
});

test('the rate is an input: at 0 the weights stay, and the statistics and slots still move', () => {
  const state = freshState();
  const { state: next } = trainStep(plan, state, randomBatch(), OFF, scalarsAt(0, { rate: 0 }));
  for (const [name, weight] of Object.entries(state.weights)) assert.deepEqual(next.weights[name]!.dataSync(), weight.dataSync(), name);
  assert.notDeepEqual(next.statistics['bn1.running_mean']!.dataSync(), state.statistics['bn1.running_mean']!.dataSync());
  assert.notDeepEqual(next.slots['first.conv_stem.weight']!.dataSync(), state.slots['first.conv_stem.weight']!.dataSync());
});

test('the average moves towards weights and statistics by its decay', () => {
  const state = freshState();
  const { state: next } = trainStep(plan, state, randomBatch(), OFF, scalarsAt(0, { averageDecay: 0.75 }));
  for (const [name, value] of Object.entries({ ...next.weights, ...next.statistics })) {
    const expected = tf.add(tf.mul(state.average[name]!, 0.75), tf.mul(value, 0.25));
    assertClose(tf.max(tf.abs(tf.sub(next.average[name]!, expected))).dataSync()[0]!, 0);
  }
});

for (const mask of ['dropPath', 'dropout'] as const) {
  test(`the ${mask} mask is felt`, () => {
    const [state, batch] = [freshState(), randomBatch()];
    const without = metricsOf(trainStep(plan, state, batch, OFF, scalarsAt(0)).metrics);
    const masked = metricsOf(trainStep(plan, state, batch, { ...OFF, [mask]: randomMasks()[mask] }, scalarsAt(0)).metrics);
    assert.notEqual(masked.loss, without.loss);
  });
}

test('steps lower the loss', () => {
  const batch = randomBatch();
  let state = freshState();
  const losses: number[] = [];
  for (let step = 0; step < 15; step++) {
    const next = trainStep(plan, state, batch, OFF, scalarsAt(step));
    losses.push(metricsOf(next.metrics).loss);
    state = next.state;
  }
  assert.ok(losses.at(-1)! < 0.5 * losses[0]!, `${losses}`);
});

test('a state goes into a file by tensor names and comes back bit for bit', async () => {
  const { state } = trainStep(plan, freshState(), randomBatch(), OFF, scalarsAt(0));
  const stored = await storedTensors(state);
  assert.deepEqual(stored.get('slots.first.conv_stem.weight')?.shape, [3, 3, 1, 16]);
  assert.deepEqual(stored.get('average.bn1.running_mean')?.shape, [16]);
  const back = restoreState(stored, freshState(), 'here');
  for (const [i, tensor] of tensorsOf(back).entries()) assert.deepEqual(tensor.dataSync(), tensorsOf(state)[i]!.dataSync());
});

test("another model's state is refused with the tensor at fault", async () => {
  const stored = await storedTensors(freshState());
  const refused = (change: (tensors: typeof stored) => void, message: RegExp) => {
    const changed = new Map(stored);
    change(changed);
    assert.throws(() => restoreState(changed, freshState(), 'step-3'), { code: 'CHECKPOINT_MISMATCH', message });
  };
  refused((tensors) => tensors.delete('weights.conv_head.weight'), /step-3: weights\.conv_head\.weight is missing, but this training needs \[1,1,48,160\]/);
  refused(
    (tensors) => tensors.set('weights.bn1.bias', { shape: [12], values: new Float32Array(12) }),
    /weights\.bn1\.bias is \[12\], but this training needs \[16\]/,
  );
  refused(
    (tensors) => tensors.set('slots.square.bn1.bias', { shape: [16], values: new Float32Array(16) }),
    /slots\.square\.bn1\.bias is no tensor of this training/,
  );
});

test('in two parts a step is the same where batch norms do not look at the batch, and their running means are the same where they do', () => {
  const [state, batch, masks] = [freshState(), randomBatch(), randomMasks()];
  const stepOf = (norm: boolean, parts: number) => {
    const given = { ...plan, frozen: { norm: () => norm, tensor: (name: string) => norm && name.includes('.running_') }, microBatches: parts };
    return trainStep(given, state, batch, masks, scalarsAt(0));
  };
  const [whole, halves] = [stepOf(true, 1), stepOf(true, 2)];
  for (const [name, value] of Object.entries(metricsOf(whole.metrics))) assertClose(metricsOf(halves.metrics)[name as (typeof METRICS)[number]], value);
  for (const [i, tensor] of tensorsOf(whole.state).entries()) assertClose(tf.max(tf.abs(tf.sub(tensor, tensorsOf(halves.state)[i]!))).dataSync()[0]!, 0);
  const [own, other] = [stepOf(false, 1).state.statistics, stepOf(false, 2).state.statistics];
  assertClose(tf.max(tf.abs(tf.sub(own['bn1.running_mean']!, other['bn1.running_mean']!))).dataSync()[0]!, 0);
});

test('a step in parts leaves nothing but what comes out', () => {
  const [state, batch, masks, scalars] = [freshState(), randomBatch(), randomMasks(), scalarsAt(0)];
  const count = tf.memory().numTensors;
  const next = trainStep({ ...plan, microBatches: 2 }, state, batch, masks, scalars);
  assert.equal(tf.memory().numTensors - count, tensorsOf(next.state).length + 1);
});

function freshState(): TrainState {
  return stateFrom(initialiseFrom(network, { seed: 1, generation: 0 }), network, optimiser.initialSlots);
}

function randomBatch(): Batch {
  const n = LABELLED + PSEUDO;
  const images = tf.tensor4d(
    draw('images', n * 64).map((share) => 255 * share),
    [n, 8, 8, 1],
  );
  const soft = tf.softmax(
    tf.tensor2d(
      draw('targets', n * CLASSES).map((share) => 9 * share),
      [n, CLASSES],
    ),
  );
  return { images, targets: soft };
}

function randomMasks(): Masks {
  const n = LABELLED + PSEUDO;
  const [blocks, features] = [network.blocks.length, network.features];
  return {
    dropPath: tf.tensor2d(
      draw('dropPath', blocks * n).map((share) => (share < 0.5 ? 0 : 2)),
      [blocks, n],
    ),
    dropout: tf.tensor2d(
      draw('dropout', n * features).map((share) => (share < 0.5 ? 0 : 2)),
      [n, features],
    ),
  };
}

function draw(purpose: string, count: number): Float32Array {
  return uniforms(randomKey({ seed: 1, generation: 0, phase: 'test', purpose }), 0, count);
}

function scalarsAt(step: number, changes: Record<string, number> = {}): Record<string, tf.Scalar> {
  const numbers = { rate: 0.01, averageDecay: 0.9, ...optimiser.scalarsAt(step), ...changes };
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]));
}

function tensorsOf(state: TrainState): tf.Tensor[] {
  return [state.weights, state.statistics, state.average, state.slots].flatMap((part) => Object.values(part));
}

function metricsOf(metrics: tf.Tensor1D): Record<(typeof METRICS)[number], number> {
  const values = metrics.dataSync();
  return Object.fromEntries(METRICS.map((name, i) => [name, values[i]!])) as Record<(typeof METRICS)[number], number>;
}

function crossEntropyOf(logits: number[], target: number[]): number {
  const log = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return target.reduce((sum, share, c) => sum - share * (logits[c]! - log), 0);
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largest(values: number[]): number {
  return values.indexOf(Math.max(...values));
}

function assertClose(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) < 1e-5, `${found} instead of ${expected}`);
}
