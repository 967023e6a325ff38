import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { attempt } from '../../activities/attempt.js';
import type { Activities } from '../../activities/index.js';
import { JobAborted } from '../../lib/device/process.js';
import { PipelineError } from '../../lib/errors.js';
import { pauseUpdate, resumeUpdate, retryUpdate, statusQuery, stopUpdate } from '../../workflows/messages.js';
import { fakeActivities } from './fake-activities.js';
import { startRun, untilState } from './runs.js';
import { noServer, useServer } from './server.js';
import { shortSpec } from './spec.js';

const server = useServer();

const lost = () => ApplicationFailure.create({ message: 'DEVICE_LOST the device process was killed', type: 'DEVICE_LOST', nonRetryable: true });

describe('messages to a run', { concurrency: 4, skip: noServer }, () => {
  test('pause lets the training write its checkpoint, and resume goes on with the same phase', async () => {
    const { handle, fakes, training } = await startHeld('pause');
    const paused = await handle.executeUpdate(pauseUpdate);
    assert.equal(paused.state, 'paused');
    assert.deepEqual(paused.allowed, ['resume', 'stop']);
    assert.ok(training.wasCancelled, 'the answer came before the training had stopped');
    training.release();
    assert.equal((await handle.executeUpdate(resumeUpdate)).state, 'running');
    const status = await handle.result();
    assert.equal(status.state, 'done');
    assert.equal(fakes.order().filter((call) => call === 'trainModel 1').length, 2);
    assert.equal(fakes.order().filter((call) => call === 'trainModel 0').length, 1, 'what was finished is not asked for again');
  });

  test('what was computed before a pause is not called reused after it', async () => {
    const { handle, training } = await startHeld('pause-outcomes');
    await handle.executeUpdate(pauseUpdate);
    training.release();
    await handle.executeUpdate(resumeUpdate);
    const { phases } = await handle.result();
    assert.deepEqual(
      phases.filter(({ reused }) => reused),
      [],
    );
  });

  test('stop ends the run at a checkpoint, and starting it again goes on from there', async () => {
    const { handle, fakes, training, again } = await startHeld('stop');
    const stopped = await handle.executeUpdate(stopUpdate);
    assert.equal(stopped.state, 'stopped');
    assert.ok(training.wasCancelled);
    assert.equal((await handle.result()).state, 'stopped');
    training.release();
    const status = await (await again()).result();
    assert.equal(status.state, 'done');
    assert.ok(status.phases.find(({ phase, generation }) => phase === 'train' && generation === 0)!.reused);
    assert.equal(fakes.order().filter((call) => call === 'evaluateModel 1').length, 1);
  });

  test('a paused run can be stopped', async () => {
    const { handle } = await startHeld('pause-stop');
    await handle.executeUpdate(pauseUpdate);
    assert.equal((await handle.executeUpdate(stopUpdate)).state, 'stopped');
    assert.equal((await handle.result()).state, 'stopped');
  });

  test('a phase that cannot succeed waits for a fix, and retry runs it again', async () => {
    const missing = () => ApplicationFailure.create({ message: 'DATA_MISSING pool/ is empty', type: 'DATA_MISSING', nonRetryable: true });
    const { handle, fakes } = await startRun(server, 'fix', { spec: shortSpec(), prepare: (fakes) => fakes.failNext('prepareData', missing(), missing()) });
    for (const attempt of [1, 2]) {
      const waiting = await untilState(handle, 'awaiting-fix');
      assert.deepEqual(waiting.failure, { code: 'DATA_MISSING', message: 'DATA_MISSING pool/ is empty', phase: 'prepare' });
      assert.equal(fakes.calls.length, attempt, 'a failure of this kind is not repeated by itself');
      assert.deepEqual(waiting.allowed, ['retry', 'stop']);
      const retried = await handle.executeUpdate(retryUpdate);
      assert.equal(retried.state, 'running');
      assert.ok(!('failure' in retried));
    }
    assert.equal((await handle.result()).state, 'done');
  });

  test('a failure inside a generation names its code and place, and stop ends the run with it', async () => {
    const { handle } = await startRun(server, 'fix-stop', { spec: shortSpec(), prepare: (fakes) => fakes.failNext('trainModel', lost()) });
    const waiting = await untilState(handle, 'awaiting-fix');
    assert.deepEqual(waiting.failure, { code: 'DEVICE_LOST', message: 'DEVICE_LOST the device process was killed', phase: 'train of teacher' });
    const stopped = await handle.executeUpdate(stopUpdate);
    assert.equal(stopped.state, 'stopped');
    assert.equal(stopped.failure?.code, 'DEVICE_LOST');
  });

  test('a failure that may pass is repeated without asking', async () => {
    const once = ApplicationFailure.retryable('OUT_OF_MEMORY', 'OUT_OF_MEMORY');
    const { handle, fakes } = await startRun(server, 'repeat', { spec: shortSpec(), prepare: (fakes) => fakes.failNext('trainModel', once) });
    assert.equal((await handle.result()).state, 'done');
    assert.deepEqual(fakes.order().slice(0, 3), ['prepareData', 'trainModel 0', 'trainModel 0']);
  });

  test('an attempt that is cut off is no failure, and failures are counted from attempt to attempt', async () => {
    const fakes = fakeActivities();
    const ends: (() => Promise<never>)[] = [
      () => Promise.reject(new PipelineError('DEVICE_LOST', 'the device process was killed')),
      () => Promise.reject(new JobAborted(null)),
    ];
    const before: unknown[] = [];
    const trainModel: Activities['trainModel'] = (input) =>
      attempt('train', async () => {
        before.push(Context.current().info.heartbeatDetails);
        return (await ends.shift()?.()) ?? fakes.activities.trainModel(input);
      });
    const { handle } = await startRun(server, 'counted', { spec: shortSpec(), fakes: { ...fakes, activities: { ...fakes.activities, trainModel } } });
    assert.equal((await handle.result()).state, 'done');
    const counted = { phase: 'train', failures: 1, failedAfter: 0 };
    assert.deepEqual(before, [undefined, counted, counted, undefined]);
  });

  test('an artifact that vanished is made again without asking', async () => {
    const vanished = ApplicationFailure.create({ message: 'ARTIFACT_MISSING', type: 'ARTIFACT_MISSING', nonRetryable: true });
    const { handle, fakes } = await startRun(server, 'vanished', { spec: shortSpec(), prepare: (fakes) => fakes.failNext('selectLabels', vanished) });
    assert.equal((await handle.result()).state, 'done');
    assert.deepEqual(
      fakes
        .order()
        .filter((call) => /prepare|train|select/.test(call))
        .slice(0, 6),
      [...['prepareData', 'trainModel 0', 'selectLabels 1'], ...['prepareData', 'trainModel 0', 'selectLabels 1']],
    );
  });

  test('a message that the state does not allow is refused, says what is allowed, and leaves no event', async () => {
    const { handle } = await startHeld('refused');
    await assert.rejects(handle.executeUpdate(resumeUpdate), refusal('resume: the run refused is running and accepts pause or stop'));
    await assert.rejects(handle.executeUpdate(retryUpdate), refusal('retry: the run refused is running and accepts pause or stop'));
    const accepted = (await handle.fetchHistory()).events!.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
    assert.deepEqual(accepted, []);
    await handle.executeUpdate(pauseUpdate);
    await assert.rejects(handle.executeUpdate(pauseUpdate), refusal('pause: the run refused is paused and accepts resume or stop'));
    await handle.executeUpdate(stopUpdate);
  });

  test('pausing twice at once answers one and refuses the other', async () => {
    const { handle } = await startHeld('twice');
    const answers = await Promise.allSettled([handle.executeUpdate(pauseUpdate), handle.executeUpdate(pauseUpdate)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await handle.query(statusQuery)).state, 'paused');
    await handle.executeUpdate(stopUpdate);
  });
});

/** A run that trains its first student, and goes on with that until it is released. */
async function startHeld(id: string) {
  const run = await startRun(server, id, { spec: shortSpec() });
  const training = run.fakes.hold('trainModel', 1);
  await training.started;
  return { ...run, training };
}

function refusal(text: string) {
  return (error: unknown) => error instanceof WorkflowUpdateFailedError && error.cause?.message === text;
}
