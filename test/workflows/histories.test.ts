import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pauseUpdate, resumeUpdate } from '../../workflows/messages.js';
import { queuesOf } from '../../workflows/queues.js';
import type { labelPool, LabelPoolInput } from '../../workflows/label-pool.js';
import { fakeActivities } from './fake-activities.js';
import { executionsOf, payloadSizes, startRun, type HistoryEvent } from './runs.js';
import { noServer, useServer } from './server.js';
import { exampleSpec, shortSpec } from './spec.js';

const server = useServer();

describe('histories of runs', { concurrency: 4, skip: noServer }, () => {
  test('a run whose history grows long continues as new with what it has', async () => {
    const { handle, fakes } = await startRun(server, 'continued', { spec: shortSpec(), limits: { historyEvents: 1 } });
    const status = await handle.result();
    assert.equal(status.state, 'done');
    const executions = await executionsOf(server.client, 'continued');
    assert.equal(executions.length, 4, 'one for each step: prepare, teacher, student, report');
    assert.equal(fakes.order().filter((call) => call === 'trainModel 0').length, 1);
    assert.deepEqual(
      status.phases.map(({ phase }) => phase),
      ['prepare', 'train', 'evaluate', 'label', 'select', 'train', 'evaluate', 'report'],
    );
  });

  test('a pause holds across executions', async () => {
    const { handle, fakes, client } = await startRun(server, 'continued-paused', { spec: shortSpec(), limits: { historyEvents: 1 } });
    const training = fakes.hold('trainModel', 1);
    await training.started;
    assert.equal((await client.workflow.getHandle('continued-paused').executeUpdate(pauseUpdate)).state, 'paused');
    training.release();
    await client.workflow.getHandle('continued-paused').executeUpdate(resumeUpdate);
    assert.equal((await handle.result()).state, 'done');
  });

  test('a pool is labelled once, a window of activities at a time, and continues as new', async () => {
    const spec = shortSpec();
    const [teacher, student] = spec.generations;
    const small = { ...spec, generations: [teacher!, { ...student!, labelling: { ...student!.labelling, shard: 1 } }] };
    const { handle, fakes } = await startRun(server, 'pool', { spec: small, limits: { window: 2, shardsPerExecution: 4 } });
    const status = await handle.result();
    const executions = await executionsOf(server.client, 'pool/generation-1/labels');
    assert.deepEqual(
      executions.map((events) => events.filter(isScheduled).length),
      [2, 2, 1],
    );
    assert.deepEqual(executions.map(mostInFlight), [2, 2, 1]);
    const ranges = fakes.calls.filter(({ name }) => name === 'labelShards').map(({ input: { first, last } }) => `${String(first)}-${String(last)}`);
    assert.deepEqual(ranges.sort(), ['0-1', '2-3', '4-5', '6-7', '8-9']);
    assert.equal(status.phases.find(({ phase }) => phase === 'label')!.why, '0 of 10 shards were published before');
    assert.equal(status.phases.find(({ phase }) => phase === 'label')!.seconds, 15);
  });

  test('an execution of the largest allowed pool stays under 5,000 events', async () => {
    const images = 100;
    server.fakes.set('events', fakeActivities());
    const labelling = { ...exampleSpec().generations[1]!.labelling, shard: 1 };
    const ref = (phase: 'train' | 'prepare') => ({ phase, key: 'a'.repeat(64), digest: 'b'.repeat(64) });
    const input: LabelPoolInput = { generation: 1, labelling, model: ref('train'), dataset: ref('prepare'), images, queues: queuesOf(server.queuePrefix) };
    await server.client.workflow.execute<typeof labelPool>('labelPool', { workflowId: 'events', taskQueue: input.queues.workflows, args: [input] });
    const [events] = await executionsOf(server.client, 'events');
    // The server gathers completions into workflow tasks as it can, but one for each is the most there can be.
    const perShard = 6;
    assert.ok(events!.length <= images * perShard + 20);
    assert.ok(500 * perShard + 20 < 5_000);
  });

  test('summaries tell a phase from its neighbours in 45 characters', async () => {
    const { handle } = await startRun(server, 'summaries');
    await handle.result();
    const events = (await Promise.all(WORKFLOWS_OF('summaries').map((id) => executionsOf(server.client, id)))).flat(2);
    const summaries = events.filter((event) => isScheduled(event) || event.startChildWorkflowExecutionInitiatedEventAttributes).map(summaryOf);
    assert.equal(summaries.filter((summary) => summary === '').length, 0);
    assert.deepEqual(
      summaries.filter((summary) => summary.length > 45),
      [],
    );
    for (const summary of ['t1 600 steps', 'shard 3/3', 'student 2 · t1 · 600 steps', 'labels 10 images', '4 models']) {
      assert.ok(summaries.includes(summary), `${summary} is not among ${summaries.join(', ')}`);
    }
  });

  test('no payload of a run is larger than 10 KB', async () => {
    const { handle } = await startRun(server, 'payloads', { limits: { historyEvents: 1 } });
    await handle.result();
    const events = (await Promise.all(WORKFLOWS_OF('payloads').map((id) => executionsOf(server.client, id)))).flat(2);
    const sizes = events.flatMap(payloadSizes);
    assert.ok(sizes.length > 100, 'payloads were found');
    assert.ok(Math.max(...sizes) < 10_000, `the largest has ${Math.max(...sizes)} bytes`);
  });

  test('runs and generations can be searched by spec, generation, phase, state and accuracy', async () => {
    const { handle } = await startRun(server, 'searched', { spec: { ...exampleSpec(), name: 'searched-spec' } });
    await handle.result();
    const attributes = async (id: string) =>
      Object.fromEntries(Object.entries((await server.client.workflow.getHandle(id).describe()).searchAttributes).filter(([name]) => name !== 'BuildIds'));
    assert.deepEqual(await attributes('searched'), { State: ['done'], Phase: ['report'], Generation: [2], BestTop1: [0.8] });
    assert.deepEqual(await attributes('searched/generation-1'), {
      NoisyStudentSpec: ['searched-spec'],
      State: ['done'],
      Phase: ['evaluate'],
      Generation: [1],
      BestTop1: [0.7],
    });
    assert.deepEqual(await attributes('searched/generation-1/labels'), {
      NoisyStudentSpec: ['searched-spec'],
      State: ['done'],
      Phase: ['label'],
      Generation: [1],
    });
    assert.deepEqual(await attributes('searched/baseline'), {
      NoisyStudentSpec: ['searched-spec'],
      State: ['done'],
      Phase: ['evaluate'],
      Generation: [2],
      BestTop1: [0.8],
    });
  });

  test('the current details show the table of generations', async () => {
    const { handle } = await startRun(server, 'details', { spec: shortSpec() });
    await handle.result();
    const metadata = await handle.query<{ currentDetails: string }, []>('__temporal_workflow_metadata');
    assert.match(metadata.currentDetails, /^\*\*done\*\*/);
    assert.match(metadata.currentDetails, /\| student.1.·.t1. \| 70.00.%. \| 60.00.%. \| 6.of.10. \| 75.00.%. \| 9. \|/);
  });
});

const WORKFLOWS_OF = (run: string) => [
  run,
  ...[0, 1, 2].map((g) => `${run}/generation-${g}`),
  ...[1, 2].map((g) => `${run}/generation-${g}/labels`),
  `${run}/baseline`,
];

function isScheduled(event: HistoryEvent): boolean {
  return event.activityTaskScheduledEventAttributes != null;
}

/** Activities that were scheduled and had not ended, at the fullest moment of a history. */
function mostInFlight(events: readonly HistoryEvent[]): number {
  let inFlight = 0;
  let most = 0;
  for (const event of events) {
    if (isScheduled(event)) inFlight++;
    if (event.activityTaskCompletedEventAttributes) inFlight--;
    most = Math.max(most, inFlight);
  }
  return most;
}

function summaryOf({ userMetadata }: HistoryEvent): string {
  const data = userMetadata?.summary?.data;
  return data ? (JSON.parse(Buffer.from(data).toString('utf8')) as string) : '';
}
