import type { GenerationSpec, LabellingSpec } from '../spec/resolved.js';

/**
 * What a worker asks of the process that owns the device, and what that process answers. Folders are local
 * paths of opened artifacts; `output` is a work folder whose content the worker publishes.
 */
export type Job = TrainJob | LabelJob | EvaluateJob;

export interface TrainJob {
  readonly kind: 'train';
  readonly seed: number;
  readonly generation: GenerationSpec;
  /** Folder of the `prepare` artifact. */
  readonly dataset: string;
  /** Folder of the `select` artifact; null for teacher and baseline. */
  readonly selection: string | null;
  /** Folder of the model whose weights it starts from; absent = a fresh network. */
  readonly initial?: string | undefined;
  /** Folder that holds `step-<n>/` checkpoints of this key. */
  readonly checkpoints: string;
  /** Parts in which each batch is computed, to spare memory; absent = 1. More if a checkpoint says so. It divides a batch's labelled rows and its others. */
  readonly microBatches?: number | undefined;
  readonly output: string;
}

export interface LabelJob {
  readonly kind: 'label';
  /** Folder of the teacher's `train` artifact. */
  readonly model: string;
  readonly dataset: string;
  /** Pool positions from (inclusive) … to (exclusive). */
  readonly from: number;
  readonly to: number;
  readonly labelling: LabellingSpec;
  readonly output: string;
}

export interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly model: string;
  readonly dataset: string;
  readonly batch: LabellingSpec['batch'];
  readonly output: string;
}

/** Read by people in the Temporal UI (heartbeat details) and in the terminal. */
export interface Progress {
  readonly step: number;
  readonly of: number;
  readonly loss?: number;
  readonly imagesPerSecond?: number;
  /** Newest checkpoint's step, when training. */
  readonly checkpoint?: number;
  /** Of the newest checkpoint that this attempt wrote, and until it was on the disk, beside the training. */
  readonly checkpointMegabytes?: number;
  readonly checkpointSeconds?: number;
  /** Parts in which each batch is computed, where memory does not do for the whole. */
  readonly microBatches?: number;
}

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: Progress }
  /** The job's output folder is complete. */
  | { readonly type: 'done'; readonly meta: Readonly<Record<string, unknown>> }
  /** Asked to stop: a checkpoint was written and the output folder is not complete. */
  | { readonly type: 'stopped'; readonly progress: Progress }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly evidence?: Readonly<Record<string, unknown>>;
      readonly stack?: string;
    };

/**
 * `load`: load what a training needs; a job that comes then need not wait for it. `licence`: the worker lives, and what is shared may be
 * written until then, in nanoseconds of `process.hrtime`.
 */
export type ToChild =
  { readonly type: 'run'; readonly job: Job } | { readonly type: 'load' } | { readonly type: 'stop' } | { readonly type: 'licence'; readonly until: bigint };
