import { importKey, prepareKey, reportKey, resizeKey } from '../activities/keys.js';
import { digest } from '../lib/spec/digest.js';
import type { DataSpec, GenerationSpec, ResolvedSpec } from '../lib/spec/resolved.js';
import type { Phase } from '../lib/store/store.js';
import { normalisedAs } from '../workflows/fine-tune.js';
import type { PhaseOutcome, RunPhase } from '../workflows/messages.js';
import { modelOf, modelPhases, nameOf, one } from './model-phases.js';

/** A phase that a pipeline asks for: what it reads, and the keys under which its results are published. */
export interface SpecPhase extends Pick<PhaseOutcome, 'phase' | 'generation' | 'role'> {
  /** See `phaseName`. */
  readonly name: string;
  /** Of its artifacts. */
  readonly kind: Phase;
  /** That computes, and the width of its images: what the time for an image depends on. */
  readonly model: string | null;
  readonly size: number;
  /** Names of the phases whose results it reads. */
  readonly inputs: readonly string[];
  /** One key; of labels one for each shard. */
  keys(resultOf: (name: string) => PhaseResults): readonly string[];
  /** How much there is to do, as far as results say it. */
  work(resultOf: (name: string) => PhaseResults | undefined): PhaseWork;
}

/** What the phases after it have to know of a phase. */
export interface PhaseResults {
  /** Of its artifacts, in the order of the keys. */
  readonly digests: readonly string[];
  /** Of a data set, where it can be looked at: its images, and the digest of its pool's true labels. */
  readonly images?: { readonly labelled: number; readonly validation: number; readonly test: number; readonly pool: number };
  readonly hidden?: string | null;
  /** Of imported weights, where they can be looked at. */
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

export interface PhaseWork {
  readonly images?: number;
  readonly steps?: number;
}

/** What keys hold of files outside the store: digests of their contents, or whatever stands for these. */
export interface Outside {
  readonly weights: { readonly config: string; readonly weights: string };
  readonly files: string;
}

/** All phases of a run of the pipeline, as `workflows/noisy-student.ts` goes through them: each after those that it reads. */
export function phasesOf(spec: ResolvedSpec, run: string, outside: Outside): readonly SpecPhase[] {
  const { generations, baseline, data } = spec;
  const models = [...generations, ...(baseline ? [baseline] : [])];
  const sizes = new Set<number>();
  const phases = models.flatMap((generation) => {
    const size = generation.resolution?.size;
    const isNew = size !== undefined && !sizes.has(size);
    if (isNew) sizes.add(size);
    return [...(isNew ? [largerPhase(spec, size, outside)] : []), ...modelPhases(spec, generation)];
  });
  const imported = generations[0]!.weights === undefined ? [] : [importPhase(outside, data.image.size)];
  return [...imported, preparePhase(spec, outside), ...phases, reportPhase(spec, run, models)];
}

function forRun(phase: RunPhase, kind: Phase, size: number) {
  return { phase, generation: null, role: null, name: phase, kind, model: null, size };
}

function importPhase({ weights }: Outside, size: number): SpecPhase {
  return { ...forRun('import', 'import', size), inputs: [], keys: () => [importKey(weights)], work: () => ({}) };
}

function preparePhase(spec: ResolvedSpec, outside: Outside): SpecPhase {
  return {
    ...forRun('prepare', 'prepare', spec.data.image.size),
    inputs: normalisedBy(spec),
    keys(resultOf) {
      const { data, files } = read(spec, outside, resultOf);
      return [prepareKey(data, spec.seed, files)];
    },
    work: allImages,
  };
}

function largerPhase(spec: ResolvedSpec, size: number, outside: Outside): SpecPhase {
  return {
    ...forRun(`prepare ${size} px`, 'prepare', size),
    inputs: ['prepare', ...normalisedBy(spec)],
    keys(resultOf) {
      const { data, files } = read(spec, outside, resultOf);
      return [resizeKey({ ...data, image: { ...data.image, size } }, spec.seed, { fingerprint: files, like: one(resultOf('prepare')) })];
    },
    work: allImages,
  };
}

/** Where the pipeline leaves the normalisation open, that of imported weights goes into the images. */
function normalisedBy({ data: { image }, generations: [teacher] }: ResolvedSpec): readonly string[] {
  return teacher!.weights !== undefined && (image.mean === null || image.std === null) ? ['import'] : [];
}

/** Where that of the weights cannot be looked at, the weights themselves stand for it. */
function read(spec: ResolvedSpec, { files }: Outside, resultOf: (name: string) => PhaseResults): { readonly data: DataSpec; readonly files: string } {
  const [weights] = normalisedBy(spec).map(resultOf);
  if (weights === undefined) return { data: spec.data, files };
  return weights.normalisation ? { data: normalisedAs(spec.data, weights.normalisation), files } : { data: spec.data, files: `${files} ${one(weights)}` };
}

function reportPhase(spec: ResolvedSpec, run: string, models: readonly GenerationSpec[]): SpecPhase {
  const read = models.flatMap((model) => [
    modelOf(model),
    ...(model.resolution ? [nameOf(model, 'train')] : []),
    model.role === 'student' ? nameOf(model, 'select') : null,
    nameOf(model, 'evaluate'),
  ]);
  const names = ['prepare', ...read];
  return {
    ...forRun('report', 'report', 0),
    inputs: names.filter((name) => name !== null),
    keys(resultOf) {
      const inputs = names.map((name) => (name === null ? null : one(resultOf(name))));
      return [reportKey(run, digest(spec), inputs)];
    },
    work: () => ({}),
  };
}

const allImages: SpecPhase['work'] = (resultOf) => {
  const images = resultOf('prepare')?.images;
  return images === undefined ? {} : { images: images.labelled + images.validation + images.test + images.pool };
};
