import { fileURLToPath } from 'node:url';
import { pipelineModels } from '../../lib/models/pipeline-models.js';
import { readEnvironment } from '../../cli/environment.js';
import { loadSpec } from '../../lib/spec/load.js';
import type { GenerationSpec, TrainingSpec } from '../../lib/spec/resolved.js';

/** From any working directory. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const DEFAULT_PIPELINE = fileURLToPath(new URL('../../pipelines/fashion-mnist.yaml', import.meta.url));

/** A pipeline as the commands load it. */
export function load(file: string) {
  const loaded = loadSpec({ file, dataFolders: readEnvironment(undefined).dataFolders, models: pipelineModels() });
  if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join('\n'));
  return loaded;
}

/** The default pipeline's first student: efficientnet_t1 on 32 labelled and 128 pseudo-labelled images of 28 x 28 x 1 a step. */
export function defaultStudent(training: Partial<TrainingSpec> = {}): GenerationSpec {
  const student = load(DEFAULT_PIPELINE).spec.generations[1]!;
  return { ...student, training: { ...student.training, ...training } };
}

/** B0 under the paper's noise (its magnitude of 27 is 9 of our 10), the crop padded by an eighth of the image. */
export function b0Student(size: number, training: Partial<TrainingSpec>): GenerationSpec {
  const noise = {
    randAugment: { dialect: 'timm', ops: 2, magnitude: 9, spread: 'none', probability: 1, increasing: true, transforms: 'all' },
    crop: { pad: size / 8 },
    flip: 'horizontal',
    dropout: 0.5,
    survival: 0.8,
  } as const;
  return { ...defaultStudent(training), model: 'tf_efficientnet_b0', noise };
}
