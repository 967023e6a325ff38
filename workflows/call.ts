import { ActivityFailure, ApplicationFailure, proxyActivities, TimeoutFailure } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { INTERRUPTIONS, OPTIONS, SUMMARY_CHARACTERS } from './options.js';
import type { Queues } from './queues.js';

/**
 * Runs an activity on its queue with its options. `summary` is what the timeline shows: the part that tells it
 * from its neighbours first.
 *
 * An attempt that was cut off because its worker went away says nothing against the work, so an activity whose
 * last attempt ended like that is scheduled again; only attempts that failed by themselves count.
 */
export async function call<Name extends keyof Activities>(
  name: Name,
  queues: Queues,
  summary: string,
  input: Parameters<Activities[Name]>[0],
): Promise<Awaited<ReturnType<Activities[Name]>>> {
  const { queue, ...options } = OPTIONS[name];
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    ...options,
    taskQueue: queues[queue],
    cancellationType: 'WAIT_CANCELLATION_COMPLETED', // A training that is cancelled writes a checkpoint, which takes a moment.
    summary: shorten(summary),
  });
  for (let interruptions = 0; ; interruptions++) {
    try {
      return (await activities[name]!(input)) as Awaited<ReturnType<Activities[Name]>>;
    } catch (error) {
      if (!isInterruption(error) || interruptions === INTERRUPTIONS) throw error;
    }
  }
}

export function shorten(summary: string): string {
  return summary.length <= SUMMARY_CHARACTERS ? summary : `${summary.slice(0, SUMMARY_CHARACTERS - 1)}…`;
}

function isInterruption(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) return cause.timeoutType === 'HEARTBEAT';
  // `WorkerShutdown` is what the platform calls an attempt that stopped because its worker was told to.
  return cause instanceof ApplicationFailure && ['WorkerShutdown', 'INTERRUPTED'].includes(cause.type ?? '');
}
