import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Accuracy } from '../activities/evaluate-model.js';
import type { GenerationSpec, Locations, ResolvedSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef, Phase } from '../lib/store/store.js';

/** Checkpoints the running training, frees the device, and answers when that is done. */
export const pauseUpdate = defineUpdate<RunStatus>('pause');
/** Goes on after a pause. */
export const resumeUpdate = defineUpdate<RunStatus>('resume');
/** Runs the phase again whose attempts ran out, after somebody put the cause right. */
export const retryUpdate = defineUpdate<RunStatus>('retry');
/** Ends the run at a checkpoint. Starting it again goes on from there. */
export const stopUpdate = defineUpdate<RunStatus>('stop');

/**
 * Goes on with another pipeline, from the phases that it changes; their names (see details.ts) come with it, because only the keys know them. Taken
 * in every state in which a run can be stopped.
 */
export const reviseUpdate = defineUpdate<RunStatus, [Revision, readonly string[]]>('revise');

export interface Revision {
  /** Digest of the pipeline that it is a change of. */
  readonly from: string;
  readonly spec: ResolvedSpec;
  readonly specDigest: string;
  readonly locations: Locations;
  /** What changed, in a line for the UI. */
  readonly told: string;
}

export const statusQuery = defineQuery<RunStatus>('status');

/** From a generation to its run, at the start of each phase. */
export const phaseSignal = defineSignal<[PhaseReport]>('phase');

export type RunMessage = 'pause' | 'resume' | 'retry' | 'stop';

export type RunState = 'running' | 'paused' | 'awaiting-fix' | 'stopped' | 'done' | 'failed';

/** What a run accepts in each state; everything else is rejected before it enters the history. */
export const ALLOWED: Readonly<Record<RunState, readonly RunMessage[]>> = {
  running: ['pause', 'stop'],
  paused: ['resume', 'stop'],
  'awaiting-fix': ['retry', 'stop'],
  stopped: [],
  done: [],
  failed: [],
};

/** What `status --json` prints. */
export interface RunStatus {
  readonly run: string;
  readonly state: RunState;
  /** Finished ones: 0 is the teacher. Of many, the newest. */
  readonly generations: readonly GenerationStatus[];
  /** The last student's model on the labels alone; absent until it is trained, and where the spec has none. */
  readonly baseline?: GenerationStatus;
  /** Path of report.html from the home of the worker that wrote it; null until it is written. */
  readonly report: string | null;
  /** What is being done; null when nothing is. */
  readonly current: CurrentPhase | null;
  /** Phases that are through, in order. Of many, the newest. */
  readonly phases: readonly PhaseOutcome[];
  /** How many more there were; absent where all are told. */
  readonly omitted?: Omitted;
  /** Updates that the run accepts now. */
  readonly allowed: readonly RunMessage[];
  /** Why the run waits for a fix, or ended. */
  readonly failure?: RunFailure;
}

/** What is not told any more. The report has all of it. */
export interface Omitted {
  readonly generations: number;
  readonly phases: number;
  /** Of these phases. */
  readonly reused: number;
}

export interface GenerationStatus {
  readonly generation: number;
  readonly model: string;
  readonly parameters: number;
  readonly validation: Accuracy;
  readonly test: Accuracy;
  readonly pool?: PoolStatus;
  /** Of the original computation: labelling, selecting, training and evaluating. */
  readonly seconds: number;
  readonly weights: { readonly key: string; readonly sha256: string };
}

export interface PoolStatus {
  readonly images: number;
  /** Rows of the selection: an image counts as often as it is repeated. */
  readonly kept: number;
  /** Images among them. */
  readonly unique: number;
  /** Share of the pool's images whose pseudo-label is the true one; only where the source has true labels. */
  readonly labelAccuracy?: number;
}

/** A phase as a run tells of it: what is done for a larger image size has names of its own. */
export type RunPhase = Phase | 'fine-tune' | `prepare ${number} px`;

export interface CurrentPhase {
  readonly phase: RunPhase;
  /** Null for what is done for the whole run: `import`, `prepare` and `report`. */
  readonly generation: number | null;
  readonly role: GenerationSpec['role'] | null;
  readonly model: string | null;
  /** The workflow whose pending activities tell how far it is. */
  readonly workflowId: string;
}

export interface PhaseOutcome {
  readonly phase: RunPhase;
  readonly generation: number | null;
  readonly role: GenerationSpec['role'] | null;
  readonly reused: boolean;
  /** Why it was reused, or computed. */
  readonly why: string;
  readonly seconds: number;
}

export interface PhaseReport {
  readonly current: CurrentPhase;
  /** Phases of the same generation that are through. */
  readonly finished: readonly PhaseOutcome[];
}

export interface RunFailure {
  /** An error code, or the kind of failure where there is none. */
  readonly code: string;
  readonly message: string;
  readonly phase: string;
}

/** What a generation hands to the run: its row, its model, and the record that names all of its artifacts. */
export interface GenerationResult {
  readonly status: GenerationStatus;
  /** The model that is evaluated and labels. */
  readonly train: ArtifactRef;
  readonly record: ArtifactRef;
  readonly phases: readonly PhaseOutcome[];
}
