import type { GenerationSpec, ResolutionSpec, ResolvedSpec, SourceSpec } from '../../lib/spec/resolved.js';

/** A teacher, two students and a baseline; a pool of ten images makes three shards. */
export function exampleSpec(): ResolvedSpec {
  const source: SourceSpec = { format: 'idx', path: 'fashion-mnist/train', perClass: 2 };
  return {
    version: 1,
    name: 'example',
    seed: 1,
    data: {
      image: { size: 28, channels: 1, mean: null, std: null },
      labelled: source,
      validation: source,
      unlabelled: { ...source, perClass: null },
      test: { ...source, path: 'fashion-mnist/test' },
      corruptShare: 0.01,
    },
    generations: [generation(0, 'teacher', 'efficientnet_t0'), generation(1, 'student', 'efficientnet_t1'), generation(2, 'student', 'efficientnet_t1')],
    baseline: generation(2, 'baseline', 'efficientnet_t1'),
  };
}

/** A teacher and one student: enough to be paused, stopped and repaired. */
export function shortSpec(): ResolvedSpec {
  const spec = exampleSpec();
  return { ...spec, generations: spec.generations.slice(0, 2), baseline: null };
}

/** The example whose teacher starts from weights; all models but the first student are trained at a larger size in the end. */
export function tunedSpec(): ResolvedSpec {
  const spec = exampleSpec();
  const resolution: ResolutionSpec = { size: 56, epochs: 1.5, batch: 32, rateFactor: 0.01, freeze: { groups: ['stem'], norms: 'frozen' } };
  const [teacher, first, second] = spec.generations as [GenerationSpec, GenerationSpec, GenerationSpec];
  return {
    ...spec,
    generations: [
      { ...teacher, weights: 'local-dir:mine', freeze: { groups: ['stem', 'blocks.0'], norms: 'updated' }, resolution },
      first,
      { ...second, resolution },
    ],
    baseline: { ...spec.baseline!, training: { ...spec.baseline!.training, batch: 160 }, resolution },
  };
}

function generation(index: number, role: GenerationSpec['role'], model: string): GenerationSpec {
  return {
    index,
    role,
    model,
    noise: {
      randAugment: { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
      crop: { pad: 1 },
      flip: 'horizontal',
      dropout: 0.1,
      survival: 0.9,
    },
    training: {
      steps: 600,
      batch: 32,
      unlabelledRatio: role === 'student' ? 4 : 0,
      unlabelledWeight: 1,
      optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01 },
      schedule: { name: 'cosine', rate: 0.015, warmupSteps: 50 },
      ema: 0.99,
      labelSmoothing: 0,
      checkpointEvery: 100,
      logEvery: 10,
    },
    labelling: { labels: 'soft', temperature: 1, batch: 512, shard: 4 },
    selection: { confidence: 0.5, perClass: 5000, balance: 'duplicate' },
  };
}
