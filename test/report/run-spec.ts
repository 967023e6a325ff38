import type { GenerationSpec, ResolvedSpec } from '../../lib/spec/resolved.js';

/** Each is there unless it is false. */
export interface SpecParts {
  readonly hasStudents?: boolean;
  readonly hasBaseline?: boolean;
  readonly hasNoise?: boolean;
}

/** A teacher, two students and the baseline. */
export function specOf({ hasStudents = true, hasBaseline = true, hasNoise = true }: SpecParts): ResolvedSpec {
  const source = { format: 'idx', path: 'fashion-mnist/train', perClass: 50 } as const;
  const students = hasStudents ? [generation(1, 'student', hasNoise), generation(2, 'student', hasNoise)] : [];
  return {
    version: 1,
    name: 'clothes',
    seed: 1,
    data: {
      image: { size: 28, channels: 1, mean: null, std: null },
      labelled: source,
      validation: { ...source, perClass: 200 },
      unlabelled: { ...source, perClass: null },
      test: { ...source, path: 'fashion-mnist/test', perClass: null },
      corruptShare: 0.01,
    },
    generations: [generation(0, 'teacher', hasNoise), ...students],
    baseline: hasStudents && hasBaseline ? generation(2, 'baseline', hasNoise) : null,
  };
}

function generation(index: number, role: GenerationSpec['role'], hasNoise: boolean): GenerationSpec {
  return {
    index,
    role,
    model: role === 'teacher' ? 'efficientnet_t0' : 'efficientnet_t1',
    noise: hasNoise
      ? {
          randAugment: { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
          ...{ crop: { pad: 1 }, flip: 'horizontal', dropout: 0.1, survival: 0.9 },
        }
      : { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 },
    training: {
      ...{ steps: role === 'teacher' ? 800 : 600, batch: 32, unlabelledRatio: role === 'student' ? 4 : 0, unlabelledWeight: 1 },
      optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01 },
      schedule: { name: 'cosine', rate: 0.015, warmupSteps: 50 },
      ...{ ema: 0.99, labelSmoothing: 0, checkpointEvery: 100, logEvery: 10 },
    },
    labelling: { labels: 'soft', temperature: 1, batch: 512, shard: 4096 },
    selection: { confidence: 0.5, perClass: 5000, balance: 'duplicate' },
  };
}
