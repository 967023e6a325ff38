import type { Evaluation, SetEvaluation } from '../evaluation/evaluation.js';
import type { SelectionStatistics } from '../labels/selection-statistics.js';
import type { Dataset } from '../data/dataset.js';
import type { GenerationSpec } from '../spec/resolved.js';
import type { MetricsRow } from '../training/metrics.js';
import type { NoiseAttestation, TrainResult } from '../training/outputs.js';
import { readJson, readJsonLines } from './files.js';
import type { ReportedGeneration, ReportInput } from './input.js';

/** `summary.json`: everything the page shows, as data. Shares are 0…1. */
export interface Summary {
  readonly run: string;
  readonly name: string;
  readonly specDigest: string;
  readonly dataset: Dataset;
  readonly generations: readonly GenerationSummary[];
  readonly baseline: GenerationSummary | null;
  /** Last student minus teacher, in points of test top-1; null without a student. */
  readonly gainOverTeacher: number | null;
  /** Last student minus baseline, in points of test top-1; null without a baseline. */
  readonly gainOverBaseline: number | null;
  /** The first of them, at most LISTED; `dataset` says how many there are. */
  readonly duplicates: readonly Duplicate[];
  readonly quarantine: readonly Quarantined[];
}

export interface GenerationSummary {
  readonly title: string;
  readonly generation: GenerationSpec;
  readonly training: TrainResult;
  readonly metrics: readonly MetricsRow[];
  readonly noise: NoiseAttestation;
  /** The training at a larger size that followed; absent where there was none. */
  readonly fineTuning?: { readonly training: TrainResult; readonly metrics: readonly MetricsRow[] };
  readonly evaluation: Evaluation;
  readonly selection: SelectionStatistics | null;
  readonly seconds: number;
}

export interface Duplicate {
  readonly id: string;
  readonly set: string;
  readonly same: { readonly id: string; readonly set: string };
  readonly dropped: boolean;
}

export interface Quarantined {
  readonly id: string;
  readonly set: string;
  readonly reason: string;
}

/** A pool of millions may hold as many duplicates, which nobody reads on a page. The files beside it hold all. */
export const LISTED = 100;

/** Reads the artifacts of a run. Nothing is computed here that a phase has not already measured. */
export async function summarise(input: ReportInput): Promise<Summary> {
  const generations = await Promise.all(input.generations.map(summariseGeneration));
  const baseline = input.baseline && (await summariseGeneration(input.baseline));
  const last = generations.at(-1);
  const isStudent = last?.generation.role === 'student';
  return {
    run: input.run,
    name: input.spec.name,
    specDigest: input.specDigest,
    dataset: await readJson<Dataset>(input.dataset, 'dataset.json'),
    generations,
    baseline,
    gainOverTeacher: isStudent ? gain(last.evaluation.test, generations[0]?.evaluation.test) : null,
    gainOverBaseline: gain(last?.evaluation.test, baseline?.evaluation.test),
    duplicates: await readJsonLines<Duplicate>(input.dataset, 'duplicates.jsonl', LISTED),
    quarantine: await readJsonLines<Quarantined>(input.dataset, 'quarantine.jsonl', LISTED),
  };
}

async function summariseGeneration(reported: ReportedGeneration): Promise<GenerationSummary> {
  const { generation, train, base, selection, evaluation, seconds } = reported;
  const first = base ?? train;
  return {
    title: titleOf(generation),
    generation,
    ...(await readTraining(first)),
    noise: await readJson<NoiseAttestation>(first, 'noise.json'),
    ...(base !== undefined && { fineTuning: await readTraining(train) }),
    evaluation: await readJson<Evaluation>(evaluation, 'evaluation.json'),
    selection: selection === null ? null : await readJson<SelectionStatistics>(selection, 'statistics.json'),
    seconds,
  };
}

async function readTraining(folder: string): Promise<Pick<GenerationSummary, 'training' | 'metrics'>> {
  return { training: await readJson<TrainResult>(folder, 'result.json'), metrics: await readJsonLines<MetricsRow>(folder, 'metrics.jsonl') };
}

function titleOf({ role, index }: GenerationSpec): string {
  return { teacher: 'Teacher', student: `Student ${index}`, baseline: 'Baseline' }[role];
}

function gain(student: SetEvaluation | undefined, other: SetEvaluation | undefined): number | null {
  if (student?.top1 == null || other?.top1 == null) return null;
  return (student.top1 - other.top1) * 100;
}

/** Generations, and the baseline last. */
export function modelsOf({ generations, baseline }: Pick<Summary, 'generations' | 'baseline'>): readonly GenerationSummary[] {
  return baseline ? [...generations, baseline] : generations;
}
