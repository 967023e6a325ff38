import type { CancellationScope } from '@temporalio/workflow';
import type { ArtifactRef } from '../lib/store/store.js';
import type { CurrentPhase, GenerationResult, PhaseOutcome, RunFailure, RunState } from './messages.js';
import type { RunInput } from './noisy-student.js';
import type { SearchValues } from './search-attributes.js';

/** What is done so far: all that an execution hands to the next one. */
export interface Results {
  /** The weights that the teacher starts from; absent where it starts from none. */
  readonly imported?: { readonly artifact: ArtifactRef; readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly prepared: { readonly dataset: ArtifactRef; readonly hiddenLabels: ArtifactRef | null; readonly poolImages: number } | null;
  /** The same images at the larger sizes that generations ask for, by size in pixels. */
  readonly larger?: Readonly<Record<number, LargerImages>>;
  readonly generations: readonly GenerationResult[];
  readonly baseline: GenerationResult | null;
  /** Path of report.html. */
  readonly report: string | null;
  readonly phases: readonly PhaseOutcome[];
  /** How often vanished artifacts were made again. */
  readonly repairs: number;
}

export interface LargerImages {
  readonly dataset: ArtifactRef;
  /** Images of the labelled set. */
  readonly labelled: number;
}

export interface Run {
  /** What it was started with, or what somebody changed it to since. */
  input: RunInput;
  results: Results;
  state: RunState;
  /** Names of the phases that a revision changed since the step that runs was chosen. */
  again: readonly string[];
  /** What somebody asked for and is not carried out yet. */
  request: 'pause' | 'stop' | null;
  current: CurrentPhase | null;
  failure: RunFailure | null;
  /** Of the step that runs: cancelling it lets the step end at a checkpoint. */
  scope: CancellationScope | null;
  announced: SearchValues;
}
