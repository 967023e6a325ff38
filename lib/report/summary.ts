import type { Evaluation, SetEvaluation } from '../evaluation/evaluation.js';
import type { SelectionStatistics } from '../labels/selection-statistics.js';
import type { Dataset } from '../data/dataset.js';
import type { GenerationSpec } from '../spec/resolved.js';
import { readJson, readJsonLines } from './files.js';
import type { ReportedGeneration, ReportInput } from './report.js';

/** `summary.json`: everything the page shows, as data. Shares are 0…1. */
export interface Summary {
  readonly run: string;
  readonly name: string;
  readonly specDigest: string;
  readonly dataset: Dataset;
  readonly generations: readonly GenerationSummary[];
  readonly baseline: GenerationSummary | null;
  /** Last student minus baseline, in points of test top-1; null without a baseline. */
  readonly gainOverBaseline: number | null;
  readonly duplicates: readonly Duplicate[];
  readonly quarantine: readonly Quarantined[];
}

export interface GenerationSummary {
  readonly title: string;
  readonly generation: GenerationSpec;
  readonly training: TrainingResult;
  readonly metrics: readonly MetricsLine[];
  readonly noise: unknown;
  readonly evaluation: Evaluation;
  readonly selection: SelectionStatistics | null;
  readonly seconds: number;
}

/** `result.json` of a training, as far as a report needs it. */
export interface TrainingResult {
  readonly steps: number;
  readonly parameters: number;
  readonly weightsSha256: string;
}

/** One line of `metrics.jsonl`; means over the steps since the line before. */
export interface MetricsLine {
  readonly step: number;
  readonly [name: string]: number | null;
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

/** Reads the artifacts of a run. Nothing is computed here that a phase has not already measured. */
export async function summarise(input: ReportInput): Promise<Summary> {
  const generations = await Promise.all(input.generations.map(summariseGeneration));
  const baseline = input.baseline && (await summariseGeneration(input.baseline));
  return {
    run: input.run,
    name: input.spec.name,
    specDigest: input.specDigest,
    dataset: await readJson<Dataset>(input.dataset, 'dataset.json'),
    generations,
    baseline,
    gainOverBaseline: gain(generations.at(-1)?.evaluation.test, baseline?.evaluation.test),
    duplicates: await readJsonLines<Duplicate>(input.dataset, 'duplicates.jsonl'),
    quarantine: await readJsonLines<Quarantined>(input.dataset, 'quarantine.jsonl'),
  };
}

async function summariseGeneration(reported: ReportedGeneration): Promise<GenerationSummary> {
  const { generation, train, selection, evaluation, seconds } = reported;
  return {
    title: titleOf(generation),
    generation,
    training: await readJson<TrainingResult>(train, 'result.json'),
    metrics: await readJsonLines<MetricsLine>(train, 'metrics.jsonl'),
    noise: await readJson<unknown>(train, 'noise.json'),
    evaluation: await readJson<Evaluation>(evaluation, 'evaluation.json'),
    selection: selection === null ? null : await readJson<SelectionStatistics>(selection, 'statistics.json'),
    seconds,
  };
}

function titleOf({ role, index }: GenerationSpec): string {
  return { teacher: 'Teacher', student: `Student ${index}`, baseline: 'Baseline' }[role];
}

function gain(student: SetEvaluation | undefined, baseline: SetEvaluation | undefined): number | null {
  if (student?.top1 == null || baseline?.top1 == null) return null;
  return (student.top1 - baseline.top1) * 100;
}
