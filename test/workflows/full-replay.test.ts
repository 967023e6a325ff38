import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { pauseUpdate, resumeUpdate, retryUpdate } from '../../workflows/messages.js';
import { executionsOf, startRun, untilState } from './runs.js';
import { noServer, useServer, type TestServer } from './server.js';
import { tunedSpec } from './spec.js';

const ordinary = useServer();
/** Without a cache every workflow task runs the workflow again from its first event. */
const replaying = useServer({ cachedWorkflows: 0, queuePrefix: `replaying-${process.pid}` });

describe('a run whose every task is replayed', { skip: noServer }, () => {
  test('asks for the same work and tells the same as one that is kept in memory', async () => {
    const [kept, replayed] = await Promise.all([eventfulRun(ordinary), eventfulRun(replaying)]);
    assert.deepEqual(replayed.status, kept.status);
    assert.deepEqual(replayed.calls, kept.calls);
    assert.ok(kept.stickyTasks > 0, 'the ordinary worker keeps workflows');
    assert.equal(replayed.stickyTasks, 0, 'nothing is kept');
  });
});

/** Fine-tuning, a pause, a failure that somebody mends, and executions that continue as new. */
async function eventfulRun(server: TestServer) {
  const lost = ApplicationFailure.create({ message: 'DATA_MISSING', type: 'DATA_MISSING', nonRetryable: true });
  const { handle, fakes } = await startRun(server, 'eventful', {
    spec: tunedSpec(),
    limits: { historyEvents: 1, window: 1, shardsPerExecution: 2 }, // one shard at a time: else the order of their calls may differ
    prepare: (fakes) => fakes.failNext('selectLabels', lost),
  });
  await untilState(handle, 'awaiting-fix');
  await handle.executeUpdate(retryUpdate);
  const training = fakes.hold('trainModel', 2);
  await training.started;
  await handle.executeUpdate(pauseUpdate);
  training.release();
  await handle.executeUpdate(resumeUpdate);
  const status = await handle.result();
  const calls = fakes.calls.map(({ name, input }) => ({ name, input: { ...input, queues: undefined } }));
  const events = (await executionsOf(server.client, 'eventful')).flat();
  return { status, calls, stickyTasks: events.filter((event) => event.workflowTaskScheduledEventAttributes?.taskQueue?.kind === STICKY).length };
}

/** The number of Temporal's enumeration `TaskQueueKind`. */
const STICKY = 2;
