import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { followRun, type RunView } from '../../workers/follow-run.js';
import { resultOf, sendUpdate, startOrAttach, statusOf } from '../../workers/start-run.js';
import { unattendedStatus } from '../../workers/unattended-status.js';
import { isError } from '../store/contract.js';
import { fakeActivities } from '../workflows/fake-activities.js';
import { noServer, useServer } from '../workflows/server.js';
import { shortSpec } from '../workflows/spec.js';

const server = useServer();

describe('a run as its client sees it', { concurrency: 4, skip: noServer }, () => {
  test('a run is started once, attached to while it is under way, and started again when it has ended', async () => {
    const { start, fakes } = runNamed('attach');
    const training = fakes.hold('trainModel', 0);
    const first = await start();
    await training.started;
    const second = await start();
    assert.deepEqual([first.isAttached, second.isAttached], [false, true]);
    await assert.rejects(start({ spec: { ...shortSpec(), seed: 2 }, specDigest: 'e'.repeat(64) }), isError('COMMAND_INVALID'));
    assert.equal((await start()).changes, null);
    const revised = await start({ spec: { ...shortSpec(), name: 'renamed' }, specDigest: 'd'.repeat(64) });
    assert.deepEqual(revised.changes!.fields, [{ of: null, path: 'name', before: 'example', after: 'renamed', from: null }]);
    assert.equal((await start({ spec: { ...shortSpec(), name: 'renamed' }, specDigest: 'd'.repeat(64) })).changes, null, 'it has it by now');
    training.release();
    await resultOf(second.handle);
    const third = await start({ specDigest: 'e'.repeat(64) });
    assert.equal(third.isAttached, false);
    assert.ok((await resultOf(third.handle)).phases.find(({ phase }) => phase === 'train')!.reused);
  });

  test('a run shows its summary, its pipeline and its spec in the UI', async () => {
    const { start } = runNamed('metadata');
    const { handle } = await start();
    const description = await handle.describe();
    assert.equal(await description.staticSummary(), 'example · 2 models');
    assert.match((await description.staticDetails())!, /efficientnet_t0 → efficientnet_t1[^]*name: example/);
    assert.deepEqual(description.searchAttributes['NoisyStudentSpec'], ['example']);
    assert.deepEqual(description.memo, { specDigest: 'f'.repeat(64) });
    await resultOf(handle);
  });

  test('of a long file the UI shows what fits into a payload of less than 10 KB', async () => {
    const { start } = runNamed('long-file');
    const { handle } = await start({ text: '"é\n'.repeat(5_000) });
    const details = (await (await handle.describe()).staticDetails())!;
    assert.ok(details.length > 4_000 && Buffer.byteLength(JSON.stringify(details)) < 10_000);
    await resultOf(handle);
  });

  test('following a run shows the progress of what runs, and ends with the run', async () => {
    const { start, fakes } = runNamed('follow');
    const training = fakes.hold('trainModel', 1);
    const { handle } = await start();
    const views: RunView[] = [];
    const isHeld = ({ status, activities }: RunView) => status.current?.phase === 'train' && activities.length > 0;
    for await (const view of followRun(server.client, handle, { everyMs: 50, signal: new AbortController().signal })) {
      views.push(view);
      if (isHeld(view)) training.release();
    }
    // The phase is told by a signal, which may arrive a view later than the activity is seen.
    const held = views.find(isHeld)!;
    assert.deepEqual(held.activities, [{ activity: 'trainModel', attempt: 1, progress: { phase: 'trainModel', step: 1, of: 2 } }]);
    assert.equal(held.status.current?.workflowId, 'follow/generation-1');
    assert.equal(views.at(-1)!.status.state, 'done');
  });

  test('following ends when it is told to, and when a run is terminated', async () => {
    const { start, fakes } = runNamed('unfollow');
    const training = fakes.hold('trainModel', 0);
    const { handle } = await start();
    await training.started;
    const stop = new AbortController();
    for await (const _view of followRun(server.client, handle, { everyMs: 50, signal: stop.signal })) stop.abort();
    await handle.terminate();
    for await (const _view of followRun(server.client, handle, { everyMs: 50, signal: new AbortController().signal })) continue;
    await assert.rejects(resultOf(handle), isError('RUN_FAILED'));
    await assert.rejects(statusOf(server.client, 'unfollow'), isError('RUN_FAILED'));
  });

  test('messages are answered with the status, and what a run does not accept says what it accepts', async () => {
    const { start, fakes } = runNamed('messages');
    const training = fakes.hold('trainModel', 0);
    await start();
    await training.started;
    await assert.rejects(sendUpdate(server.client, 'messages', 'resume'), (error: Error) => {
      assert.match(error.message, /accepts pause or stop/);
      return isError('COMMAND_INVALID')(error);
    });
    assert.equal((await sendUpdate(server.client, 'messages', 'pause')).state, 'paused');
    assert.equal((await statusOf(server.client, 'messages')).state, 'paused');
    assert.equal((await sendUpdate(server.client, 'messages', 'stop')).state, 'stopped');
    assert.equal((await statusOf(server.client, 'messages')).state, 'stopped');
  });

  test('a run that no worker answers for is told from its history', async () => {
    const { start, fakes } = runNamed('unattended');
    const training = fakes.hold('trainModel', 1);
    const { handle } = await start();
    await training.started;
    const { run, state, generations, phases, current } = await statusOf(server.client, 'unattended');
    const told = await unattendedStatus(handle, await handle.describe());
    assert.deepEqual(told, { run, state, generations, phases: told.phases, report: null, current, allowed: [], unattended: true });
    assert.deepEqual(told.phases.slice(0, 2), phases.slice(0, 2));
    training.release();
    await resultOf(handle);

    await startOrAttach(server.client, { run: 'nobody-works', spec: shortSpec(), specDigest: 'f'.repeat(64), locations: {}, text: '', queuePrefix: 'nobody' });
    const waiting = await statusOf(server.client, 'nobody-works', { patienceMs: 100 });
    assert.deepEqual(waiting, { ...waiting, state: 'running', generations: [], current: null, allowed: [], unattended: true });
    await server.client.workflow.getHandle('nobody-works').terminate();
  });

  test('a run that nobody started is unknown', async () => {
    await assert.rejects(statusOf(server.client, 'nobody'), isError('RUN_UNKNOWN'));
    await assert.rejects(sendUpdate(server.client, 'nobody', 'pause'), isError('RUN_UNKNOWN'));
  });
});

function runNamed(run: string) {
  const fakes = fakeActivities();
  const start = ({ specDigest = 'f'.repeat(64), spec = shortSpec(), text = 'name: example\n' } = {}) => {
    server.fakes.set(run, fakes);
    const { client, queuePrefix } = server;
    return startOrAttach(client, { run, spec, specDigest, locations: {}, text, queuePrefix });
  };
  return { fakes, start };
}
