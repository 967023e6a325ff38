import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { randomKey, uniforms } from '../../lib/noise/random.js';
import type { OptimiserSpec } from '../../lib/spec/resolved.js';
import { frozenBy } from '../../lib/training/frozen.js';
import { decaysIn, optimiserOf } from '../../lib/training/optimiser.js';
import { startSteps } from '../../lib/training/running-step.js';
import { disposeState, nameTensors, stateFrom } from '../../lib/training/state.js';
import type { StepPlan } from '../../lib/training/step.js';

const scratch = mkdtempSync(join(tmpdir(), 'one-step-'));
after(() => rmSync(scratch, { recursive: true }));

const RMSPROP: OptimiserSpec = { name: 'rmsprop', decay: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 1e-5 };
/** With the usual epsilon of 1e-7 a gradient of nearly 0, which is rounding alone, is blown up to a whole step: nothing could be compared. */
const ADAMW: OptimiserSpec = { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-2, weightDecay: 1e-2 };

/** [model, pixels, images, optimiser] */
const STEPS: readonly [string, number, number, OptimiserSpec][] = [
  ['efficientnet_t1', 28, 64, RMSPROP],
  ['efficientnet_t1', 28, 64, ADAMW],
  ['tf_efficientnet_b0', 32, 64, RMSPROP],
];

for (const [model, size, images, spec] of STEPS) {
  test(`one compiled step of ${model} under ${spec.name} changes a training's state as an eager one does, within 1e-6`, (t) => {
    const network = outlineNetwork(model, { classes: CLASSES, channels: 1 });
    const optimiser = optimiserOf(spec, decaysIn(network));
    const plan: StepPlan = { network, frozen: frozenBy(undefined), optimiser, labelledCount: images / 2, unlabelledWeight: 1, mean: [0.4], std: [0.3] };
    const batch = patterns(images, size);
    const masks = {
      dropPath: draws('drop-path', network.blocks.length * images).map((share) => Number(share < 0.9) / 0.9),
      dropout: draws('dropout', images * network.features).map((share) => Number(share < 0.9) / 0.9),
    };
    const scalarsAt = (step: number) => ({ rate: 0.01, averageDecay: 0.9, ...optimiser.scalarsAt(step) });
    const eager = startSteps(plan, stateFrom(initialiseFrom(network, { seed: 1, generation: 0 }), network, optimiser.initialSlots), { eager: true });
    for (let step = 0; step < UNDER_WAY; step++) eager.take(batch, masks, scalarsAt(step));
    const compiled = startSteps(plan, eager.copyState(), { scratch });

    const metrics = [compiled, eager].map((step) => step.take(batch, masks, scalarsAt(UNDER_WAY)));
    const states = [compiled, eager].map((step) => step.copyState());
    const [own, other] = states.map(nameTensors) as [ReturnType<typeof nameTensors>, ReturnType<typeof nameTensors>];
    const gaps = Object.keys(other).map((name) => ({ name, gap: relativeGap(own[name]!.dataSync(), other[name]!.dataSync()) }));
    const worst = gaps.reduce((most, next) => (next.gap > most.gap ? next : most));
    t.diagnostic(`at most ${worst.gap.toExponential(1)}, in ${worst.name}`);
    assert.deepEqual(
      gaps.filter(({ gap }) => !(gap <= 1e-6)),
      [],
    );
    assert.ok(relativeGap(metrics[0]!, metrics[1]!) <= 1e-6, `metrics ${metrics[0]!.join(' ')} and ${metrics[1]!.join(' ')}`);
    states.forEach(disposeState);
    compiled.dispose();
    eager.dispose();
  });
}

const CLASSES = 10;
/** Steps before the one that is compared: mean squares that are full of gradients, as in nearly all steps of a training. */
const UNDER_WAY = 10;

/** The largest difference, in units of the largest number or of 1. */
function relativeGap(some: ArrayLike<number>, others: ArrayLike<number>): number {
  const numbers = Array.from(others);
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return numbers.reduce((most, value, i) => Math.max(most, Math.abs(value - some[i]!)), 0) / largest;
}

/** Noise over one pattern for each class, so that there is something to learn. */
function patterns(images: number, size: number) {
  const [noise, pattern] = [draws('noise', images * size ** 2), draws('pattern', CLASSES * size ** 2)];
  const pixels = Uint8Array.from(noise, (share, i) => {
    const [image, at] = [Math.floor(i / size ** 2), i % size ** 2];
    return 255 * (0.4 * share + 0.6 * pattern[(image % CLASSES) * size ** 2 + at]!);
  });
  const targets = new Float32Array(images * CLASSES);
  for (let image = 0; image < images; image++) targets[image * CLASSES + (image % CLASSES)] = 1;
  return { shape: [images, size, size, 1] as const, images: pixels, targets, positions: { labelled: [], pool: [] } };
}

function draws(purpose: string, count: number): Float32Array {
  return Float32Array.from(uniforms(randomKey({ seed: 1, generation: 0, phase: 'test', purpose }), 0, count));
}
