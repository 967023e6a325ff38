import type { GenerationSpec, ResolvedSpec } from '../spec/resolved.js';

/** One trained model of a run, with the opened folders of its artifacts. */
export interface ReportedGeneration {
  readonly generation: GenerationSpec;
  /** Folder of the `train` artifact: result.json, metrics.jsonl, noise.json, model.safetensors. */
  readonly train: string;
  /** The same of the training before one at a larger size, which is then `train`; absent where there was none. */
  readonly base?: string;
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
