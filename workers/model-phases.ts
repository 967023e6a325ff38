import { evaluateKey, labelKey, selectKey, shardRange, trainKey } from '../activities/keys.js';
import { pseudoBatch } from '../lib/spec/resolve.js';
import type { GenerationSpec, ResolutionSpec, ResolvedSpec } from '../lib/spec/resolved.js';
import type { Phase } from '../lib/store/store.js';
import { phaseName } from '../workflows/details.js';
import { fineTuneOf } from '../workflows/fine-tune.js';
import type { RunPhase } from '../workflows/messages.js';
import type { PhaseResults, PhaseWork, SpecPhase } from './spec-phases.js';

/** The phases of one model, as `workflows/train-generation.ts` goes through them. */
export function modelPhases(spec: ResolvedSpec, generation: GenerationSpec): readonly SpecPhase[] {
  const { role, resolution } = generation;
  return [
    ...(role === 'student' ? [labelPhase(spec, generation), selectPhase(spec, generation)] : []),
    trainPhase(spec, generation),
    ...(resolution ? [fineTunePhase(spec, generation, resolution)] : []),
    evaluatePhase(spec, generation),
  ];
}

/** The phase that brings the model which is evaluated and labels. */
export function modelOf(generation: GenerationSpec): string {
  return nameOf(generation, generation.resolution ? 'fine-tune' : 'train');
}

export function nameOf({ index, role }: Pick<GenerationSpec, 'index' | 'role'>, phase: RunPhase): string {
  return phaseName({ phase, generation: index, role });
}

/** Of a phase with one artifact. */
export function one({ digests }: PhaseResults): string {
  return digests[0]!;
}

/** The phase that brings the images on which that model is evaluated and labels. */
function dataSetOf({ resolution }: GenerationSpec): string {
  return resolution ? `prepare ${resolution.size} px` : 'prepare';
}

function phaseOf({ index, role, model }: GenerationSpec, phase: RunPhase, kind: Phase, size: number) {
  return { phase, generation: index, role, name: nameOf({ index, role }, phase), kind, model, size };
}

function labelPhase(spec: ResolvedSpec, generation: GenerationSpec): SpecPhase {
  const { index, labelling } = generation;
  const teacher = spec.generations[index - 1]!;
  const [model, images] = [modelOf(teacher), dataSetOf(teacher)];
  return {
    ...phaseOf(generation, 'label', 'label', teacher.resolution?.size ?? spec.data.image.size),
    model: teacher.model, // which is what the time depends on
    inputs: [model, images],
    keys(resultOf) {
      const pool = resultOf('prepare').images?.pool;
      const shards = pool === undefined ? 1 : Math.ceil(pool / labelling.shard); // one stands for all
      const inputs = { model: one(resultOf(model)), dataset: one(resultOf(images)) };
      return Array.from({ length: shards }, (_, shard) => labelKey(labelling, shardRange(labelling, pool ?? MANY, shard), inputs));
    },
    work: poolWork,
  };
}

function selectPhase({ seed, generations, data }: ResolvedSpec, generation: GenerationSpec): SpecPhase {
  const { index, selection } = generation;
  const labels = nameOf(generation, 'label');
  const before = index > 1 ? nameOf(generations[index - 1]!, 'label') : null;
  return {
    ...phaseOf(generation, 'select', 'select', data.image.size),
    inputs: [labels, ...(before === null ? [] : [before]), 'prepare'],
    keys: (resultOf) => [
      selectKey(seed, index, selection, {
        labels: resultOf(labels).digests,
        before: before === null ? null : resultOf(before).digests,
        hidden: resultOf('prepare').hidden ?? null,
        dataset: one(resultOf('prepare')),
      }),
    ],
    work: poolWork,
  };
}

function trainPhase({ seed, data }: ResolvedSpec, generation: GenerationSpec): SpecPhase {
  const { role, weights, training } = generation;
  const selection = role === 'student' ? nameOf(generation, 'select') : null;
  const initial = role === 'teacher' && weights !== undefined ? 'import' : null;
  return {
    ...phaseOf(generation, 'train', 'train', data.image.size),
    inputs: ['prepare', selection, initial].filter((name) => name !== null),
    keys: (resultOf) => [
      trainKey(seed, generation, {
        dataset: one(resultOf('prepare')),
        selection: selection === null ? null : one(resultOf(selection)),
        initial: initial === null ? undefined : one(resultOf(initial)),
      }),
    ],
    work: () => ({ steps: training.steps, images: training.steps * (training.batch + pseudoBatch(training)) }),
  };
}

function fineTunePhase({ seed }: ResolvedSpec, generation: GenerationSpec, resolution: ResolutionSpec): SpecPhase {
  const [images, first] = [dataSetOf(generation), nameOf(generation, 'train')];
  return {
    ...phaseOf(generation, 'fine-tune', 'train', resolution.size),
    inputs: [images, first],
    keys(resultOf) {
      const tuning = fineTuneOf(generation, resolution, resultOf('prepare').images?.labelled ?? MANY);
      return [trainKey(seed, tuning, { dataset: one(resultOf(images)), selection: null, initial: one(resultOf(first)) })];
    },
    work(resultOf): PhaseWork {
      const labelled = resultOf('prepare')?.images?.labelled;
      if (labelled === undefined) return {};
      const { steps, batch } = fineTuneOf(generation, resolution, labelled).training;
      return { steps, images: steps * batch };
    },
  };
}

function evaluatePhase({ data }: ResolvedSpec, generation: GenerationSpec): SpecPhase {
  const { labelling, resolution } = generation;
  const [model, images] = [modelOf(generation), dataSetOf(generation)];
  return {
    ...phaseOf(generation, 'evaluate', 'evaluate', resolution?.size ?? data.image.size),
    inputs: [model, images],
    keys: (resultOf) => [evaluateKey(labelling.batch, { model: one(resultOf(model)), dataset: one(resultOf(images)) })],
    work(resultOf): PhaseWork {
      const sets = resultOf('prepare')?.images;
      return sets === undefined ? {} : { images: sets.validation + sets.test };
    },
  };
}

const poolWork: SpecPhase['work'] = (resultOf) => {
  const images = resultOf('prepare')?.images?.pool;
  return images === undefined ? {} : { images };
};

/** Stands for a number of images that is not known: whatever is a share of it differs where the share does. */
const MANY = 1e12;
