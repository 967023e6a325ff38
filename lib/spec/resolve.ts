import type { OpName } from '../noise/ops.js';
import { override, withDefaults, type BlockName, type Partly } from './defaults.js';
import { freezeOf, resolutionOf } from './resolve-fine-tuning.js';
import type { DataSpec, GenerationSpec, LabellingSpec, NoiseSpec, RandAugmentSpec, ResolvedSpec, SelectionSpec, SourceSpec, TrainingSpec } from './resolved.js';
import { SCHEMA } from './schema.js';
import type { Pipeline } from './types.js';

/** The noise, training, resolution, labelling and selection of one generation. */
export type Blocks = Pick<GenerationSpec, BlockName>;

/**
 * A valid pipeline with every default filled in, every inherited block merged, and the baseline spelt out. `teacherModel` is for a
 * teacher whose weights tell its model.
 */
export function resolve(pipeline: Pipeline, teacherModel = pipeline.teacher.model): ResolvedSpec {
  if (teacherModel === undefined) throw new TypeError('a teacher has a model, or weights that tell it');
  const { weights, freeze: frozen } = pipeline.teacher;
  const freeze = freezeOf(frozen);
  const start = { ...(weights !== undefined && { weights }), ...(freeze && { freeze }) };
  const teacher: GenerationSpec = { index: 0, role: 'teacher', model: teacherModel, ...start, ...alone(blocksOf(pipeline, pipeline.teacher)) };
  const students = pipeline.students.map((student, position): GenerationSpec => {
    return { index: position + 1, role: 'student', model: student.model, ...blocksOf(pipeline, student) };
  });
  return {
    version: 1,
    name: pipeline.name,
    seed: withDefaults('seed', pipeline.seed),
    data: dataOf(pipeline),
    generations: [teacher, ...students],
    baseline: withDefaults('baseline', pipeline.baseline) === 'none' ? null : baselineOf(students.at(-1)),
  };
}

/** What a generation does: its own keys over the pipeline's, over the defaults. Both may have gaps. */
export function blocksOf(pipeline: Partly<Pick<Pipeline, BlockName>>, own: Partly<Pick<Pipeline, BlockName>>): Blocks {
  const written = <Name extends BlockName>(name: Name) => override(pipeline[name], own[name]) as Partly<Pipeline[Name]> | undefined;
  const training = trainingOf(written('training'));
  const resolution = resolutionOf(written('resolution'), training.batch);
  return {
    noise: noiseOf(written('noise')),
    training,
    ...(resolution && { resolution }),
    labelling: labellingOf(written('labelling')),
    selection: selectionOf(written('selection')),
  };
}

/** Pseudo-labelled images of a student's step; `batch` labelled ones stand beside them. */
export function pseudoBatch({ batch, unlabelledRatio }: Pick<TrainingSpec, 'batch' | 'unlabelledRatio'>): number {
  return Math.round(batch * unlabelledRatio);
}

/** No pseudo-labels: what teacher and baseline have in common. The weight they do not read stands at its default, so that no key changes with it. */
function alone(blocks: Blocks): Blocks {
  const { unlabelledWeight } = withDefaults('training', {});
  return { ...blocks, training: { ...blocks.training, unlabelledRatio: 0, unlabelledWeight } };
}

/** As many images in a step as the student had, all of them labelled. */
function baselineOf(student: GenerationSpec | undefined): GenerationSpec | null {
  if (!student) return null;
  const batch = student.training.batch + pseudoBatch(student.training);
  return { ...student, ...alone({ ...student, training: { ...student.training, batch } }), role: 'baseline' };
}

function dataOf(pipeline: Pipeline): DataSpec {
  const { image, labelled, validation, unlabelled, test, corruptShare } = withDefaults('data', pipeline.data);
  return {
    image: { size: image.size, channels: image.channels, mean: image.mean, std: image.std },
    labelled: sourceOf(labelled),
    validation: sourceOf(validation),
    unlabelled: sourceOf(unlabelled),
    test: sourceOf(test),
    corruptShare,
  };
}

function sourceOf({ format, path, perClass }: SourceSpec): SourceSpec {
  return { format, path, perClass };
}

function noiseOf(written: Partly<Pipeline['noise']>): NoiseSpec {
  const { randAugment, crop, flip, dropout, survival } = withDefaults('noise', written);
  return { randAugment: randAugment === 'none' ? null : inOrder(randAugment), crop: crop === 'none' ? null : crop, flip, dropout, survival };
}

/** The draws and the digest depend on the order, which is that of the schema however the list was written. */
function inOrder(randAugment: RandAugmentSpec): RandAugmentSpec {
  const { transforms } = randAugment;
  if (transforms === 'all') return randAugment;
  const names = TRANSFORMS.filter((name) => transforms.includes(name));
  return { ...randAugment, transforms: names.length === TRANSFORMS.length ? 'all' : names };
}

const TRANSFORMS = SCHEMA.$defs?.['transform']?.enum as readonly OpName[];

// Spelt out key by key, so that a key which the schema gains or loses does not compile until it has its meaning here.
function trainingOf(written: Partly<Pipeline['training']>): TrainingSpec {
  const { steps, batch, unlabelledRatio, unlabelledWeight, optimiser, schedule, ema, labelSmoothing, checkpointEvery, logEvery } = withDefaults(
    'training',
    written,
  );
  return { steps, batch, unlabelledRatio, unlabelledWeight, optimiser, schedule, ema, labelSmoothing, checkpointEvery, logEvery };
}

function labellingOf(written: Partly<Pipeline['labelling']>): LabellingSpec {
  const { labels, temperature, batch, shard } = withDefaults('labelling', written);
  return { labels, temperature, batch, shard };
}

function selectionOf(written: Partly<Pipeline['selection']>): SelectionSpec {
  const { confidence, perClass, balance } = withDefaults('selection', written);
  return { confidence, perClass, balance };
}
