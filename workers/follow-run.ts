import { setTimeout as delay } from 'node:timers/promises';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { Progress } from '../lib/device/messages.js';
import { statusQuery, type RunStatus } from '../workflows/messages.js';
import { isEnd, QUERY_MS, type RunHandle } from './start-run.js';

export interface RunView {
  readonly status: RunStatus;
  /** The activities that run now, as far as they have said something. */
  readonly activities: readonly RunningActivity[];
}

export interface RunningActivity {
  readonly activity: string;
  readonly attempt: number;
  readonly progress: ActivityProgress;
  /** Why the attempt before failed; absent where it was only cut off. */
  readonly lastFailure?: string;
}

/** What a heartbeat holds. A shard tells which of how many it is. */
export type ActivityProgress = Partial<Progress> & { readonly shard?: number; readonly shards?: number };

/** What the run says of itself, every `everyMs`, until it ends. A server or worker that is away is waited for. */
export async function* followRun(client: Client, handle: RunHandle, { everyMs, signal }: { everyMs: number; signal: AbortSignal }): AsyncGenerator<RunView> {
  const ending = new AbortController(); // so that the end is seen at once
  handle.result().then(
    () => ending.abort(),
    () => undefined, // a failure, or the server is gone: the next look tells
  );
  const pause = AbortSignal.any([signal, ending.signal]);
  let look: Look | undefined;
  while (!signal.aborted) {
    const hasResult = ending.signal.aborted;
    look = await lookAt(client, handle, look).catch(() => undefined);
    if (look?.status) yield { status: look.status, activities: await activitiesNow(client, look.status) };
    if (look?.isOver || hasResult) return;
    await delay(everyMs, undefined, { signal: pause }).catch(() => undefined);
  }
}

interface Look {
  readonly isOver: boolean;
  /** Which execution, and how long its history was. */
  readonly at: string;
  /** Absent where no worker answered. */
  readonly status: RunStatus | undefined;
}

/** The server tells cheaply whether anything happened since the look before; only then is a worker asked. */
async function lookAt(client: Client, handle: RunHandle, before: Look | undefined): Promise<Look> {
  const description = await client.withDeadline(Date.now() + QUERY_MS, () => handle.describe());
  const at = `${description.runId} ${description.historyLength}`;
  const ask = () => client.withDeadline(Date.now() + QUERY_MS, () => handle.query(statusQuery)).catch(() => undefined);
  const status = before?.status && before.at === at ? before.status : await ask();
  return { isOver: isEnd(description), at, status };
}

async function activitiesNow(client: Client, { current }: RunStatus): Promise<RunView['activities']> {
  return current ? runningActivities(client, current.workflowId) : [];
}

async function runningActivities(client: Client, workflowId: string): Promise<RunView['activities']> {
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined); // its child may not have begun
  return (description?.raw.pendingActivities ?? []).flatMap(({ activityType, attempt, heartbeatDetails, lastFailure }) => {
    const payload = heartbeatDetails?.payloads?.[0];
    const failure = lastFailure?.message && !isInterruption(lastFailure) ? { lastFailure: lastFailure.message } : {};
    if (!payload && !('lastFailure' in failure)) return [];
    const progress = payload ? defaultPayloadConverter.fromPayload<ActivityProgress>(payload) : {};
    return [{ activity: activityType?.name ?? '', attempt: attempt ?? 1, progress, ...failure }];
  });
}

/** The end of a worker, told or killed: it says nothing of the work, which goes on from its checkpoint. */
function isInterruption({ applicationFailureInfo, timeoutFailureInfo }: PendingFailure): boolean {
  return timeoutFailureInfo != null || ['WorkerShutdown', 'INTERRUPTED'].includes(applicationFailureInfo?.type ?? '');
}

interface PendingFailure {
  readonly applicationFailureInfo?: { readonly type?: string | null } | null;
  readonly timeoutFailureInfo?: object | null;
}
