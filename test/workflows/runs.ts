import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ResolvedSpec } from '../../lib/spec/resolved.js';
import { statusQuery, type RunState, type RunStatus } from '../../workflows/messages.js';
import type { Limits, noisyStudent, RunInput } from '../../workflows/noisy-student.js';
import { queuesOf } from '../../workflows/queues.js';
import { fakeActivities, type FakeActivities } from './fake-activities.js';
import type { TestServer } from './server.js';
import { exampleSpec } from './spec.js';

export type RunHandle = WorkflowHandle<typeof noisyStudent>;

export interface StartedRun {
  readonly handle: RunHandle;
  readonly fakes: FakeActivities;
  readonly client: Client;
  /** Starts it once more under the same id. */
  again(): Promise<RunHandle>;
}

export interface RunOptions {
  readonly spec?: ResolvedSpec;
  readonly limits?: Limits;
  readonly fakes?: FakeActivities;
  /** Before the run is started. */
  prepare?(fakes: FakeActivities): void;
}

/** Starts a run whose activities are `fakes`. */
export async function startRun(server: TestServer, id: string, options: RunOptions = {}): Promise<StartedRun> {
  const { spec = exampleSpec(), limits, fakes = fakeActivities(), prepare } = options;
  const { client, queuePrefix } = server;
  prepare?.(fakes);
  server.fakes.set(id, fakes);
  const input: RunInput = { spec, specDigest: 'f'.repeat(64), locations: {}, queuePrefix, ...(limits && { limits }) };
  const again = () => client.workflow.start<typeof noisyStudent>('noisyStudent', { workflowId: id, taskQueue: queuesOf(queuePrefix).workflows, args: [input] });
  return { handle: await again(), fakes, client, again };
}

export type History = Awaited<ReturnType<RunHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

/** The histories of every execution of a workflow id, oldest execution first. */
export async function historiesOf(client: Client, workflowId: string): Promise<readonly History[]> {
  const histories: History[] = [];
  let runId: string | undefined = (await client.workflow.getHandle(workflowId).describe()).runId;
  while (runId) {
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.unshift(history);
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return histories;
}

/** The same, as lists of events. */
export async function executionsOf(client: Client, workflowId: string): Promise<readonly (readonly HistoryEvent[])[]> {
  return (await historiesOf(client, workflowId)).map(({ events }) => events ?? []);
}

/** Bytes of every payload anywhere in an event. */
export function payloadSizes(value: unknown): number[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  const { data, ...rest } = value as { data?: unknown };
  const own = ArrayBuffer.isView(data) ? [data.byteLength] : [];
  return [...own, ...Object.values(rest).flatMap(payloadSizes), ...(own.length === 0 ? payloadSizes(data) : [])];
}

/** Asks until the run is in a state. */
export async function untilState(handle: RunHandle, state: RunState): Promise<RunStatus> {
  for (;;) {
    const status = await handle.query(statusQuery);
    if (status.state === state) return status;
    assert.notEqual((await handle.describe()).status.name, 'FAILED');
    await nextTurn();
  }
}
