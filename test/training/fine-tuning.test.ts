import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { TrainJob } from '../../lib/device/messages.js';
import { adaptStem } from '../../lib/models/adapt-stem.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { layerGroup } from '../../lib/models/layer-groups.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { loadModel, type Weights } from '../../lib/models/weights.js';
import type { FreezeSpec, TrainingSpec } from '../../lib/spec/resolved.js';
import { newestCheckpoint } from '../../lib/training/checkpoint.js';
import { train } from '../../lib/training/loop.js';
import { digests, FACTS, hooksStopping, tinyFolder, tinyJob, type TinySizes } from './tiny.js';

const MODEL = 'efficientnet_t0';
const SIZES: TinySizes = { size: 28, classes: 3, labelled: 12, pool: 0 };

/** A training whose steps change next to nothing: what comes out is what it began with. */
const STILL: Partial<TrainingSpec> = {
  steps: 1,
  ema: 0,
  optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0 },
  schedule: { name: 'cosine', rate: 1e-9, warmupSteps: 0 },
};

const folders: string[] = [];
let folder: string;
let first: TrainJob;
let start: Weights;
before(async () => {
  folder = await folderOf(SIZES);
  first = await job(folder, 'first', { steps: 12 });
  await train(first, hooksStopping(), FACTS);
  start = (await loadModel(first.output)).tensors;
});
after(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

test('a training that starts from a model begins with its weights, and its average with them', async () => {
  const { tensors } = await trained(await job(folder, 'from-a-model', STILL, first.output));
  for (const name of weightsOf(tensors)) assertClose(tensors[name]!, start[name]!, name);
});

test('where the classes differ the classifier is that of a fresh network, and the rest comes from the model', async () => {
  const other = await folderOf({ ...SIZES, classes: 5 });
  const hooks = hooksStopping();
  const next = await job(other, 'classes', STILL, first.output);
  await train(next, hooks, FACTS);
  const { tensors, network } = await loadModel(next.output);
  const fresh = initialiseFrom(network, { seed: 1, generation: 1 });
  for (const name of weightsOf(tensors)) assertClose(tensors[name]!, (name.startsWith('classifier.') ? fresh : start)[name]!, name);
  assert.match(hooks.warnings.join('\n'), /the classifier of 3 classes was left out: 5 are wanted/);
});

test('where the channels differ the stem is adapted', async () => {
  const colour = await folderOf({ ...SIZES, channels: 3 });
  const { tensors } = await trained(await job(colour, 'channels', STILL, first.output));
  const { shape } = outlineNetwork(MODEL, { classes: 3, channels: 1 }).tensors.find(({ name }) => name === 'conv_stem.weight')!;
  for (const name of weightsOf(tensors)) assertClose(tensors[name]!, name === 'conv_stem.weight' ? adaptStem(start[name]!, shape, 3) : start[name]!, name);
});

for (const norms of ['frozen', 'updated'] as const) {
  test(`frozen groups keep their bytes, and their running statistics where norms are frozen: ${norms}`, async () => {
    const freeze: FreezeSpec = { groups: ['stem', 'blocks.1'], norms };
    const next = await job(folder, `norms-${norms}`, {}, first.output, freeze);
    const { tensors } = await trained(next);
    for (const [name, values] of Object.entries(tensors)) {
      const isKept = freeze.groups.includes(layerGroup(name)) && (norms === 'frozen' || !name.includes('.running_'));
      assert.equal(Buffer.compare(bytes(values), bytes(start[name]!)) === 0, isKept, name);
    }
    const { tensors: state } = (await newestCheckpoint(next.checkpoints, assert.fail))!;
    const slots = [...state.keys()].filter((name) => name.startsWith('slots.'));
    assert.ok(slots.length > 0 && slots.every((name) => !freeze.groups.includes(layerGroup(name.split('.').slice(2).join('.')))), 'no slot for what is frozen');
    assert.deepEqual(state.get('average.conv_stem.weight'), state.get('weights.conv_stem.weight'));
  });
}

test('operation by operation and compiled a frozen training gives the same within 1e-5', async () => {
  const freeze: FreezeSpec = { groups: ['blocks.0'], norms: 'frozen' };
  // An epsilon of the size of the gradients: else the smallest of them, which are rounding, move a weight as far as any.
  const training = { steps: 2, optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-2, weightDecay: 1e-2 } } as const;
  const [compiled, eager] = [await job(folder, 'compiled', training, first.output, freeze), await job(folder, 'eager', training, first.output, freeze)];
  const { tensors } = await trained(compiled);
  await train(eager, hooksStopping(), { ...FACTS, eager: true });
  const other = (await loadModel(eager.output)).tensors;
  for (const name of Object.keys(tensors)) assertClose(other[name]!, tensors[name]!, name, 1e-5);
});

test('a fine-tuning that was stopped and resumed gives the bytes of one that was not', async () => {
  const freeze: FreezeSpec = { groups: ['stem'], norms: 'updated' };
  const [whole, stopped] = [await job(folder, 'whole', {}, first.output, freeze), await job(folder, 'stopped', {}, first.output, freeze)];
  await train(whole, hooksStopping(), FACTS);
  assert.equal((await train(stopped, hooksStopping(5), FACTS)).type, 'stopped');
  await train({ ...stopped, initial: undefined }, hooksStopping(), FACTS); // a checkpoint is all that it goes on from
  assert.deepEqual(await digests(stopped.output), await digests(whole.output));
});

test('a head that is frozen though its classifier would be random is refused', async () => {
  const other = await folderOf({ ...SIZES, classes: 4 });
  const next = await job(other, 'random-head', STILL, first.output, { groups: ['head'], norms: 'frozen' });
  await assert.rejects(train(next, hooksStopping(), FACTS), { code: 'SPEC_INVALID', message: /classifier\.weight begins at random.*take the group head out/ });
});

test('the weights of another model are refused', async () => {
  const next = await job(folder, 'another', STILL, first.output);
  const other = { ...next, generation: { ...next.generation, model: 'efficientnet_t1' } };
  await assert.rejects(train(other, hooksStopping(), FACTS), { code: 'WEIGHTS_INVALID', message: /efficientnet_t0/ });
});

async function folderOf(sizes: TinySizes): Promise<string> {
  const made = await tinyFolder(sizes);
  folders.push(made);
  return made;
}

/** A training of a few steps on the labelled images alone. */
async function job(inside: string, run: string, training: Partial<TrainingSpec>, initial?: string, freeze?: FreezeSpec): Promise<TrainJob> {
  const made = await tinyJob(inside, run, { steps: 8, unlabelledRatio: 0, ...training }, { selection: null, initial });
  return { ...made, generation: { ...made.generation, model: MODEL, ...(freeze && { freeze }) } };
}

async function trained(next: TrainJob) {
  await train(next, hooksStopping(), FACTS);
  return loadModel(next.output);
}

/** Those that a step of no rate leaves: running statistics follow the batch. */
function weightsOf(tensors: Weights): string[] {
  return Object.keys(tensors).filter((name) => !name.includes('.running_'));
}

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function assertClose(found: Float32Array, wanted: Float32Array, name: string, tolerance = 1e-7): void {
  assert.equal(found.length, wanted.length, name);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
  assert.ok(worst <= tolerance, `${name} differs by ${worst}`);
}
