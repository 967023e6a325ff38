import type { RetryPolicy } from '@temporalio/common';
import type { Activities } from '../activities/index.js';
import type { Role } from './queues.js';

/**
 * Where each activity runs, how long an attempt may take and how often it is repeated. An attempt beats every
 * two seconds whatever it computes, so silence means that its worker is gone, however long a phase may honestly take.
 */
export const OPTIONS: Readonly<Record<keyof Activities, PhaseOptions>> = {
  importWeights: {
    queue: 'cpu',
    startToCloseTimeout: '6 hours', // The largest weights have 2 GB: minutes on most lines, hours on some.
    ...heartbeats(),
  },
  prepareData: {
    queue: 'cpu',
    startToCloseTimeout: '12 hours', // A million images decode in about two hours on one core.
    ...heartbeats(),
  },
  resizeData: {
    queue: 'cpu',
    startToCloseTimeout: '12 hours', // As for preparing.
    ...heartbeats(),
  },
  trainModel: {
    queue: 'gpu',
    startToCloseTimeout: '14 days', // The paper's largest student took 11 days (on other hardware).
    ...heartbeats(),
  },
  labelShards: {
    queue: 'gpu',
    startToCloseTimeout: '24 hours', // A shard is minutes; the largest model on one core needs hours.
    ...heartbeats(),
  },
  selectLabels: {
    queue: 'cpu',
    startToCloseTimeout: '6 hours', // 20 million rows take half a minute; 10^8 images with 1,000 classes, an hour.
    ...heartbeats(),
  },
  evaluateModel: {
    queue: 'gpu',
    startToCloseTimeout: '6 hours', // 50,000 images: as for a shard.
    ...heartbeats(),
  },
  recordModel: {
    queue: 'cpu',
    startToCloseTimeout: '30 minutes', // A moment; as for the report.
    ...heartbeats(),
  },
  writeReport: {
    queue: 'cpu',
    startToCloseTimeout: '30 minutes', // Seconds; generous for a slow shared disk.
    ...heartbeats(),
  },
};

/** `startToCloseTimeout` bounds one attempt, `heartbeatTimeout` its silence. */
export interface PhaseOptions {
  readonly queue: Exclude<Role, 'workflows'>;
  readonly startToCloseTimeout: '30 minutes' | '6 hours' | '12 hours' | '24 hours' | '14 days';
  readonly heartbeatTimeout: '15 seconds';
  readonly retry: RetryPolicy;
}

/** How often a run makes a vanished artifact again by itself, before it asks a person. */
export const REPAIRS = 3;

/** Activities of a pool in flight: enough that no device waits for the next one, far below the server's 2,000 pending activities. */
export const WINDOW = 16;

/** Shards of one activity, which publishes each while the device labels the next. */
const SHARDS_PER_ACTIVITY = 4;
/** Of a small pool an activity has fewer shards, so that so many workers share even that one. */
const ACTIVITIES_PER_POOL = 4;

export function shardsPerActivity(shards: number): number {
  return Math.max(1, Math.min(SHARDS_PER_ACTIVITY, Math.floor(shards / ACTIVITIES_PER_POOL)));
}

/** Shards of one execution of `labelPool`: about 3.3 events for each activity, so far below the 5,000 that a history may have. */
export const SHARDS_PER_EXECUTION = 500;

/** The UI cuts longer ones. */
export const SUMMARY_CHARACTERS = 45;

function heartbeats(): Pick<PhaseOptions, 'heartbeatTimeout' | 'retry'> {
  return {
    heartbeatTimeout: '15 seconds', // 15 missed beats: a loaded machine may miss a few.
    retry: {
      // Counts every end of an attempt, also that of its worker. How often the work itself may fail, and how long it
      // then waits, is in activities/failures.ts.
      maximumAttempts: 100, // More than anybody restarts a machine under one phase.
      initialInterval: '1 second', // A worker came back: it should not wait.
      backoffCoefficient: 1,
    },
  };
}
