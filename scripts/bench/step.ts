import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { randomKey, uniforms } from '../../lib/noise/random.js';
import type { OptimiserSpec } from '../../lib/spec/resolved.js';
import { frozenBy } from '../../lib/training/frozen.js';
import { decaysIn, optimiserOf } from '../../lib/training/optimiser.js';
import { startSteps } from '../../lib/training/running-step.js';
import { stateFrom } from '../../lib/training/state.js';
import type { StepPlan } from '../../lib/training/step.js';
import { againstEager, type Contest } from './measure.js';

const RMSPROP: OptimiserSpec = { name: 'rmsprop', decay: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 1e-5 };
const ADAMW: OptimiserSpec = { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 1e-2 };

export interface StepSize {
  readonly model: string;
  readonly images: number;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly optimiser: OptimiserSpec;
  /** Steps per round. */
  readonly repeats: number;
}

export const B0_STEPS: readonly StepSize[] = [
  { model: 'tf_efficientnet_b0', images: 64, size: 32, channels: 3, optimiser: RMSPROP, repeats: 3 },
  { model: 'tf_efficientnet_b0', images: 32, size: 64, channels: 3, optimiser: RMSPROP, repeats: 3 },
  { model: 'tf_efficientnet_b0', images: 8, size: 128, channels: 3, optimiser: RMSPROP, repeats: 3 },
];

export const T1_STEP: StepSize = { model: 'efficientnet_t1', images: 160, size: 28, channels: 1, optimiser: ADAMW, repeats: 8 };

/** A whole step (forward, back, optimiser, moving average), compiled against the same function operation by operation. */
export const compiledAgainstEager = (): Iterable<Contest> => againstEager([...B0_STEPS, T1_STEP], startStep);

export function startStep({ model, images, size, channels, optimiser: spec, repeats }: StepSize, { eager }: { eager: boolean }) {
  const network = outlineNetwork(model, { classes: 10, channels });
  const optimiser = optimiserOf(spec, decaysIn(network));
  const plan: StepPlan = {
    network,
    optimiser,
    frozen: frozenBy(undefined),
    labelledCount: images / 4,
    unlabelledWeight: 1,
    mean: Array(channels).fill(0.5) as number[],
    std: Array(channels).fill(0.3) as number[],
  };
  const steps = startSteps(plan, stateFrom(initialiseFrom(network, { seed: 1, generation: 0 }), network, optimiser.initialSlots), { eager });
  const draws = (purpose: string, count: number) => uniforms(randomKey({ seed: 1, generation: 0, phase: 'bench', purpose }), 0, count);
  const pixels = Uint8Array.from(draws('pixels', images * size * size * channels), (share) => 256 * share);
  const targets = new Float32Array(images * 10).fill(0.1);
  const batch = { shape: [images, size, size, channels] as const, images: pixels, targets, positions: { labelled: [], pool: [] } };
  const masks = { dropPath: new Float32Array(network.blocks.length * images).fill(1), dropout: new Float32Array(images * network.features).fill(1) };
  return {
    work: `step of ${model}, ${images} x ${size} px (x ${repeats})`,
    run() {
      for (let i = 0; i < repeats; i++) steps.take(batch, masks, { rate: 1e-4, averageDecay: 0.9999, ...optimiser.scalarsAt(i) });
    },
    close: () => steps.dispose(),
  };
}
