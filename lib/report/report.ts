import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenerationSpec, ResolvedSpec } from '../spec/resolved.js';
import { toJsonLines } from './files.js';
import { renderReport } from './html.js';
import { modelsOf, summarise, type Summary } from './summary.js';

/**
 * Writes what a person reads of a finished run: the page, its content as data, the metrics of all trainings, and the lists
 * of what was set aside. Equal artifacts give equal bytes.
 */
export async function writeReport(input: ReportInput): Promise<Summary> {
  const summary = await summarise(input);
  const metrics = modelsOf(summary).flatMap(({ generation, metrics: lines }) =>
    lines.map((line) => ({ role: generation.role, generation: generation.index, ...line })),
  );
  await Promise.all([
    writeFile(join(input.output, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`),
    writeFile(join(input.output, 'metrics.jsonl'), toJsonLines(metrics)),
    writeFile(join(input.output, 'report.html'), await renderReport(summary, input.spec)),
    ...['duplicates.jsonl', 'quarantine.jsonl'].map((file) => cp(join(input.dataset, file), join(input.output, file))),
  ]);
  return summary;
}

/** One trained model of a run, with the opened folders of its artifacts. */
export interface ReportedGeneration {
  readonly generation: GenerationSpec;
  /** Folder of the `train` artifact: result.json, metrics.jsonl, noise.json, model.safetensors. */
  readonly train: string;
  /** Folder of the `select` artifact (statistics.json); null for teacher and baseline. */
  readonly selection: string | null;
  /** Folder of the `evaluate` artifact: evaluation.json. */
  readonly evaluation: string;
  /** Of the original computation: labelling, selecting, training and evaluating together. */
  readonly seconds: number;
}

export interface ReportInput {
  readonly run: string;
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  /** Folder of the `prepare` artifact: dataset.json, duplicates.jsonl, quarantine.jsonl. */
  readonly dataset: string;
  readonly generations: readonly ReportedGeneration[];
  readonly baseline: ReportedGeneration | null;
  /** Empty folder that receives report.html, summary.json, metrics.jsonl, duplicates.jsonl and quarantine.jsonl. */
  readonly output: string;
}
