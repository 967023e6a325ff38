import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import type { Activities } from '../../activities/index.js';
import { pauseUpdate, resumeUpdate, retryUpdate, stopUpdate, type RunMessage } from '../../workflows/messages.js';
import { fakeActivities } from './fake-activities.js';
import { executionsOf, payloadSizes, startRun, untilState } from './runs.js';
import { noServer, useServer } from './server.js';
import { shortSpec } from './spec.js';

const server = useServer();

describe('a run of many executions', { skip: noServer }, () => {
  test('messages sent while it continues as new are carried out, each once', async () => {
    const GENERATIONS = 12;
    const fakes = fakeActivities();
    const broken = ApplicationFailure.create({ message: 'DATA_MISSING', type: 'DATA_MISSING', nonRetryable: true });
    const told: string[] = [];
    const sent: Promise<void>[] = [];
    const asked = new Set<number>();

    /** A little later for each generation: before its end, at the boundary of two executions, and in the next one. */
    async function send(generation: number): Promise<void> {
      for (let turns = 0; turns < 8 * generation; turns++) await nextTurn();
      if (generation === GENERATIONS - 1) return tell(stopUpdate, 'stop');
      await tell(pauseUpdate, 'pause');
      await tell(resumeUpdate, 'resume');
    }
    async function tell(update: typeof pauseUpdate, message: RunMessage): Promise<void> {
      const { state } = await server.client.workflow.getHandle('boundaries').executeUpdate(update);
      told.push(`${message}: ${state}`);
    }
    const recordModel: Activities['recordModel'] = async (input) => {
      const { index } = input.generation;
      if (index > 0 && !asked.has(index)) sent.push(send(asked.add(index) && index));
      return fakes.activities.recordModel(input);
    };
    const { handle } = await startRun(server, 'boundaries', {
      spec: shortSpec(),
      limits: { historyEvents: 1, generations: GENERATIONS },
      fakes: { ...fakes, activities: { ...fakes.activities, recordModel } },
      prepare: ({ failNext }) => failNext('prepareData', broken),
    });
    await untilState(handle, 'awaiting-fix');
    await tell(retryUpdate, 'retry');
    const status = await handle.result();
    await Promise.all(sent);
    const pauses = Array.from({ length: GENERATIONS - 2 }, () => ['pause: paused', 'resume: running']).flat();
    assert.deepEqual(told, ['retry: running', ...pauses, 'stop: stopped']);
    assert.equal(status.state, 'stopped');
    const executions = await executionsOf(server.client, 'boundaries');
    assert.ok(executions.length >= GENERATIONS);
    assert.ok(Math.max(...executions.flat().flatMap(payloadSizes)) < 10_000, 'what is handed on does not grow');
    assert.ok(status.omitted && status.omitted.phases > 0, 'what is not told is counted');
    const records = fakes.calls.filter(({ name }) => name === 'recordModel').map(({ input }) => input);
    assert.ok(new Set(records.map(({ before }) => JSON.stringify(before))).size >= GENERATIONS - 1, 'each record leads to the one before');
  });
});
