import type { NoiseTally } from '../noise/tally.js';
import type { MetricsProgress } from './metrics.js';
import type { Versions } from './versions.js';

/** All of a training's progress that is not a tensor: `progress.json` of a checkpoint. */
export interface RunProgress {
  /** Steps done; with the seed it says every batch, mask and rate to come. */
  readonly step: number;
  readonly metrics: MetricsProgress;
  readonly noise: NoiseTally;
  readonly timing: Timing;
  /** Parts in which batches are computed from here on: see `inMicroBatches`; absent = 1. */
  readonly microBatches?: number;
  /** Of the process that wrote it. */
  readonly versions: Versions;
}

/** Milliseconds spent so far, over all attempts; never part of a result. */
export interface Timing {
  /** From the first step on: everything, checkpoints included. */
  readonly total: number;
  /** Reading, augmenting and drawing masks, while the device waits. */
  readonly data: number;
  readonly checkpoints: number;
}
