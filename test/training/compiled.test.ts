import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { createDevice } from '../../lib/device/process.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { randomKey, uniforms } from '../../lib/noise/random.js';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';
import { decaysIn, optimiserOf } from '../../lib/training/optimiser.js';
import { startSteps } from '../../lib/training/running-step.js';
import { disposeState, stateFrom, storedTensors } from '../../lib/training/state.js';
import type { StepPlan } from '../../lib/training/step.js';
import { tinyFolder, tinyJob } from './tiny.js';

const RMSPROP = { name: 'rmsprop', decay: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 1e-5 } as const;
const ADAMW = { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0.01 } as const;

const STEPS = [
  { model: 'efficientnet_t1', size: 28, channels: 1, optimiser: ADAMW },
  { model: 'tf_efficientnet_b0', size: 32, channels: 3, optimiser: RMSPROP },
] as const;

for (const step of STEPS) {
  test(`a compiled step of ${step.model} changes the state as the eager one does, within 1e-6`, async () => {
    const [compiled, eager] = [await stateAfterStep(step, false), await stateAfterStep(step, true)];
    const worst = [...compiled].map(([name, numbers]) => ({ name, difference: distance(numbers, eager.get(name)!) })).sort((a, b) => b.difference - a.difference);
    assert.equal(compiled.size, eager.size);
    assert.ok(worst[0]!.difference <= 1e-6, JSON.stringify(worst.slice(0, 3)));
  });
}

let folder: string;
before(async () => void (folder = await tinyFolder({ size: 28, classes: 3, labelled: 60, pool: 120 })));
after(() => rm(folder, { recursive: true }));

test('over 200 steps the losses of compiled training leave those of eager training no further than two eager ones leave each other', async (t) => {
  const [compiled, eager, other] = [
    await lossesOf(t, 'compiled', { intraOp: 1, eager: false }),
    await lossesOf(t, 'eager', { intraOp: 1, eager: true }),
    await lossesOf(t, 'other', { intraOp: 2, eager: true }),
  ];
  const [spread, gap] = [rootMeanSquare(eager, other), rootMeanSquare(compiled, eager)];
  t.diagnostic(`eager by 1 and 2 threads: ${spread}; compiled and eager: ${gap}`);
  assert.equal(compiled.length, 200);
  assert.ok(spread > 0, 'two thread counts add in two orders');
  assert.ok(gap <= 2 * spread, `${gap} is more than twice ${spread}`);
});

/** Every tensor of the state, by name, after one step on made-up numbers. */
async function stateAfterStep({ model, size, channels, optimiser: spec }: (typeof STEPS)[number], eager: boolean): Promise<Map<string, Float32Array>> {
  const images = 8;
  const network = outlineNetwork(model, { classes: 10, channels });
  const optimiser = optimiserOf(spec, decaysIn(network));
  const plan: StepPlan = { network, optimiser, labelledCount: 4, unlabelledWeight: 1, mean: Array(channels).fill(0.5), std: Array(channels).fill(0.3) };
  const steps = startSteps(plan, stateFrom(initialiseFrom(network, { seed: 1, generation: 0 }), network, optimiser.initialSlots), { eager });
  const draws = (purpose: string, count: number) => uniforms(randomKey({ seed: 1, generation: 0, phase: 'test', purpose }), 0, count);
  const pixels = Uint8Array.from(draws('pixels', images * size * size * channels), (share) => 256 * share);
  const batch = { shape: [images, size, size, channels] as const, images: pixels, targets: draws('targets', images * 10), positions: { labelled: [], pool: [] } };
  const masks = { dropPath: new Float32Array(network.blocks.length * images).fill(1), dropout: draws('dropout', images * network.features) };
  steps.take(batch, masks, { rate: 1e-3, averageDecay: 0.99, ...optimiser.scalarsAt(0) });
  const state = steps.copyState();
  const stored = await storedTensors(state);
  const numbers = new Map([...stored].map(([name, { values }]) => [name, (values as Float32Array).slice()]));
  disposeState(state);
  steps.dispose();
  return numbers;
}

/** The largest difference, as a share of the tensor's largest number where that is above 1. */
function distance(numbers: Float32Array, others: Float32Array): number {
  let [largest, difference] = [1, 0];
  for (const [i, number] of numbers.entries()) {
    largest = Math.max(largest, Math.abs(others[i]!));
    difference = Math.max(difference, Math.abs(number - others[i]!));
  }
  return difference / largest;
}

/** Of every step, from a process of its own. */
async function lossesOf(t: TestContext, run: string, { intraOp, eager }: { intraOp: number; eager: boolean }): Promise<number[]> {
  const environment = { ...process.env, ...tensorFlowEnvironment({ intraOp, interOp: 2 }), ...(eager && { NOISY_STUDENT_EAGER: '1' }) } as Record<string, string>;
  const device = createDevice({ node: process.execPath, environment, processor: 'test', stallMs: 120_000, killAfterMs: 120_000, log: () => undefined });
  t.after(() => device.close());
  const job = await tinyJob(folder, run, { steps: 200, checkpointEvery: 200, logEvery: 1 });
  await device.run(job);
  const rows = (await readFile(join(job.output, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return rows.map((row) => (JSON.parse(row) as { loss: number }).loss);
}

function rootMeanSquare(some: readonly number[], others: readonly number[]): number {
  return Math.sqrt(some.reduce((sum, value, i) => sum + (value - others[i]!) ** 2, 0) / some.length);
}
