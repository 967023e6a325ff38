import { Context, type ApplicationFailure } from '@temporalio/activity';
import type { Phase } from '../lib/store/store.js';
import { toFailure } from './failures.js';

/** One try at a phase, as its activity sees it. */
export interface Attempt {
  /** Unique among all attempts at all keys: an attempt that was given up and wakes up has a folder of its own. */
  readonly name: string;
  /** Aborted when the attempt is cancelled, timed out, or its worker shuts down. */
  readonly signal: AbortSignal;
  /** What the heartbeats say from now on: a small object that a person can read. */
  report(details: object): void;
}

/**
 * Runs an activity's work: heartbeats every second with the newest report, and turns every way to end into what the
 * platform expects. A heartbeat says that the worker lives; that a job makes progress is watched by the device.
 */
export async function attempt<T>(phase: Phase, work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const context = Context.current();
  let details: object = { phase };
  const report = (latest: object) => {
    details = { phase, ...latest };
    context.heartbeat(details);
  };
  const beat = setInterval(() => context.heartbeat(details), HEARTBEAT_MS);
  try {
    return await work({ name: nameOf(context), signal: context.cancellationSignal, report });
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    throw logged(context, error);
  } finally {
    clearInterval(beat);
  }
}

const HEARTBEAT_MS = 1_000;

/** The history gets the short form; the worker's log has the stack and the causes. */
function logged(context: Context, error: unknown): ApplicationFailure {
  const failure = toFailure(error);
  context.log.warn(failure.message, { error, type: failure.type });
  return failure;
}

function nameOf({ info }: Context): string {
  return [info.workflowExecution?.runId ?? 'alone', info.activityId, info.attempt].join('-').replaceAll(/[^\w-]/g, '_');
}
