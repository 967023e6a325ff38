import { Context, type ApplicationFailure } from '@temporalio/activity';
import type { Phase } from '../lib/store/store.js';
import { isInterruption, toFailure } from './failures.js';

/** One try at a phase, as its activity sees it. */
export interface Attempt {
  /** Unique among all attempts at all keys: an attempt that was given up and wakes up has a folder of its own. */
  readonly name: string;
  /** The activity, and which of its attempts this is, counted from 1. */
  readonly owner: string;
  readonly number: number;
  /** Aborted when the attempt is cancelled, timed out, or its worker shuts down. */
  readonly signal: AbortSignal;
  /** What the heartbeats say from now on: a small object that a person can read. Costs nothing. */
  report(details: object): void;
}

/**
 * Runs an activity's work: heartbeats every two seconds with the newest report, and turns every way to end into what the
 * platform expects. A heartbeat says that the worker lives; that a job makes progress is watched by the device.
 *
 * The platform counts attempts whatever ended them, and a worker that is shut down or killed ends them, too. So the
 * heartbeats carry the count that matters from attempt to attempt: failures of the work itself, in a row.
 */
export async function attempt<T>(phase: Phase, work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const context = Context.current();
  const past = failuresIn(context.info.heartbeatDetails);
  let details: HeartbeatDetails = { phase, ...past };
  const report = (latest: object) => {
    details = { phase, ...latest, ...past }; // goes out with the next heartbeat: a message for each step would cost more than it tells
  };
  const beat = setInterval(() => context.heartbeat(details), HEARTBEAT_MS);
  try {
    return await work({ ...identityOf(context), signal: context.cancellationSignal, report });
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    const failures = isInterruption(error) ? past : countFailure(past, details.checkpoint);
    context.heartbeat({ ...details, ...failures }); // goes out with the failure
    throw logged(context, error, failures.failures);
  } finally {
    clearInterval(beat);
  }
}

const HEARTBEAT_MS = 2_000;

interface HeartbeatDetails extends Failures {
  readonly phase: Phase;
  readonly checkpoint?: number;
}

/** How often the work failed in a row, and the checkpoint it had reached by then. */
interface Failures {
  readonly failures?: number;
  readonly failedAfter?: number;
}

/** A training that reached another checkpoint since gets on, if slowly: it is not given up, and the count begins anew. */
function countFailure({ failures = 0, failedAfter = 0 }: Failures, checkpoint = 0): Failures {
  return { failures: checkpoint > failedAfter ? 1 : failures + 1, failedAfter: Math.max(checkpoint, failedAfter) };
}

function failuresIn(details: unknown): Failures {
  const { failures, failedAfter } = (details ?? {}) as Failures;
  return { ...(failures !== undefined && { failures }), ...(failedAfter !== undefined && { failedAfter }) };
}

/** The history gets the short form; the worker's log has the stack and the causes. */
function logged(context: Context, error: unknown, failures: number | undefined): ApplicationFailure {
  const failure = toFailure(error, failures);
  context.log.warn(failure.message, { error, type: failure.type });
  return failure;
}

function identityOf({ info }: Context): Pick<Attempt, 'name' | 'owner' | 'number'> {
  const owner = [info.workflowExecution?.runId ?? 'alone', info.activityId].join('-').replaceAll(/[^\w-]/g, '_');
  return { owner, number: info.attempt, name: `${owner}-${info.attempt}` };
}
