import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { entryOptions } from '../../lib/package.js';
import { historiesOf, payloadSizes, type History } from '../../test/workflows/runs.js';
import { startTestServer, type TestServer } from '../../test/workflows/server.js';

export interface World {
  readonly server: TestServer;
  /** Bytes that the process of the workflow worker has in memory now. */
  workerMemory(): Promise<number>;
  close(): Promise<void>;
}

/** A real server, activities that compute nothing in this process, and the workflow worker in one of its own. */
export async function openWorld(): Promise<World> {
  const server = await startTestServer({ roles: ['cpu', 'gpu'], queuePrefix: `simulation-${process.pid}` });
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-simulation-'));
  const entry = fileURLToPath(new URL('./workflow-worker.ts', import.meta.url));
  const worker = fork(entry, [server.address, server.queuePrefix, home], { execArgv: entryOptions() });
  return {
    server,
    async workerMemory() {
      const answer = once(worker, 'message');
      worker.send('memory');
      return ((await answer) as [number])[0];
    },
    async close() {
      worker.disconnect();
      if (worker.exitCode === null) await once(worker, 'exit');
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export interface Sizes {
  executions: number;
  /** Of the longest history. */
  events: number;
  /** Of the largest history, as the server counts them. */
  bytes: number;
  /** Bytes of the largest payload. */
  payload: number;
}

/** How large the histories became, over all executions of these workflows. */
export async function sizesOf(client: Client, workflowIds: readonly string[]): Promise<Sizes> {
  const sizes = { executions: 0, events: 0, bytes: 0, payload: 0 };
  for (const id of workflowIds) {
    for (const { events } of await historiesOf(client, id)) {
      const { historySize = 0 } = await client.workflow.getHandle(id, runIdOf(events)).describe();
      sizes.executions += 1;
      sizes.events = Math.max(sizes.events, events?.length ?? 0);
      sizes.bytes = Math.max(sizes.bytes, historySize);
      for (const event of events ?? []) sizes.payload = Math.max(sizes.payload, ...payloadSizes(event));
    }
  }
  return sizes;
}

/** An execution that continued another has an id of its own, which its first event tells. */
function runIdOf(events: History['events']): string {
  return events![0]!.workflowExecutionStartedEventAttributes!.originalExecutionRunId!;
}
