import type { DataSpec, GenerationSpec, NoiseSpec, ResolutionSpec } from '../lib/spec/resolved.js';

/** What the data block leaves open of the normalisation is that of the weights, where the teacher starts from some. */
export function normalisedAs(data: DataSpec, weights: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined): DataSpec {
  if (!weights) return data;
  const { image } = data;
  return { ...data, image: { ...image, mean: image.mean ?? weights.mean, std: image.std ?? weights.std } };
}

/**
 * A generation's training at the larger size, as a training of its own: the labelled images alone, no noise, a constant rate. It starts
 * from the averaged weights of the training before. `labelled`: images of the labelled set.
 */
export function fineTuneOf(
  { index, role, model, training, labelling, selection }: GenerationSpec,
  resolution: ResolutionSpec,
  labelled: number,
): GenerationSpec {
  const { epochs, batch, rateFactor, freeze } = resolution;
  const steps = Math.max(1, Math.round((epochs * labelled) / batch));
  const rate = training.schedule.rate * rateFactor;
  return {
    ...{ index, role, model, ...(freeze && { freeze }), noise: NO_NOISE },
    training: { ...training, steps, batch, unlabelledRatio: 0, schedule: { name: 'exponential', rate, warmupSteps: 0, decay: 1, everySteps: 1 } },
    ...{ labelling, selection },
  };
}

const NO_NOISE: NoiseSpec = { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 };
