import type { CancellationScope } from '@temporalio/workflow';
import type { ArtifactRef } from '../lib/store/store.js';
import type { CurrentPhase, RunFailure, RunState } from './messages.js';
import type { RunInput } from './noisy-student.js';
import type { SearchValues } from './search-attributes.js';
import type { Told } from './told.js';

/** What is done so far, as far as later steps need it. Its size does not grow with the generations. */
export interface Results {
  /** The weights that the teacher starts from; absent where it starts from none. */
  readonly imported?: { readonly artifact: ArtifactRef; readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly prepared: { readonly dataset: ArtifactRef; readonly hiddenLabels: ArtifactRef | null; readonly poolImages: number } | null;
  /** The same images at the larger sizes that generations ask for, by size in pixels. */
  readonly larger?: Readonly<Record<number, LargerImages>>;
  /** Generations that are through. */
  readonly finished: number;
  /** The models of the newest two of them, the newest last: the teacher of the next student, and the teacher of that one. */
  readonly teachers: readonly ArtifactRef[];
  /** Of the newest generation; it leads to those of all others. */
  readonly record: ArtifactRef | null;
  /** Record of the baseline, which leads to that of the newest generation; null while there is none. */
  readonly baseline: ArtifactRef | null;
  /** Path of report.html from the home of the worker that wrote it. */
  readonly report: string | null;
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
  told: Told;
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
