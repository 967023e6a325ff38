import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { digest } from '../../lib/spec/digest.js';
import type { GenerationSpec, ResolvedSpec } from '../../lib/spec/resolved.js';
import { compareSpecs } from '../../workers/compare-specs.js';
import { pauseUpdate, resumeUpdate, reviseUpdate, stopUpdate, type Revision } from '../../workflows/messages.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyOf, type FakeActivities, type Hold } from './fake-activities.js';
import { executionsOf, startRun, untilState, type RunHandle, type RunOptions } from './runs.js';
import { noServer, useServer } from './server.js';
import { exampleSpec, shortSpec } from './spec.js';

const server = useServer();

const STARTED = 'f'.repeat(64);

/** Sends what the command line sends. */
async function revise(handle: RunHandle, before: ResolvedSpec, after: ResolvedSpec, from = STARTED) {
  const { again, gone } = compareSpecs(before, after);
  const revision: Revision = { from, spec: after, specDigest: digest(after), locations: { here: '/there' }, told: 'a change' };
  return handle.executeUpdate(reviseUpdate, { args: [revision, [...again.map(({ name }) => name), ...gone]] });
}

type Change = (generation: GenerationSpec) => Partial<GenerationSpec>;

function changed(spec: ResolvedSpec, index: number, change: Change): ResolvedSpec {
  const generation = spec.generations[index]!;
  return { ...spec, generations: spec.generations.with(index, { ...generation, ...change(generation) }) };
}

const steps: Change = ({ training }) => ({ training: { ...training, steps: 7 } });
const checkpoints: Change = ({ training }) => ({ training: { ...training, checkpointEvery: 7 } });
const confidence: Change = ({ selection }) => ({ selection: { ...selection, confidence: 0.7 } });
const batch: Change = ({ labelling }) => ({ labelling: { ...labelling, batch: 7 } });

/** Lets go only what was told to stop: else it might end by itself before it hears of that. */
async function releaseCancelled(training: Hold): Promise<void> {
  while (!training.wasCancelled) await nextTurn();
  training.release();
}

/** A run that trains its first student, and goes on with that until it is released. */
async function startHeld(id: string, options: RunOptions = {}) {
  const spec = options.spec ?? shortSpec();
  const run = await startRun(server, id, { ...options, spec });
  const training = run.fakes.hold('trainModel', 1);
  await training.started;
  return { ...run, training, spec };
}

describe('a changed pipeline', { concurrency: 4, skip: noServer }, () => {
  for (const [what, index, change, seen] of [
    ['the checkpoint interval of the model that is trained', 1, checkpoints, 100],
    ['the steps of a later student', 2, steps, 600],
  ] as const) {
    test(`${what} changes without the training being disturbed`, async () => {
      const { handle, fakes, training, spec } = await startHeld(`undisturbed-${index}`, { spec: exampleSpec() });
      const answer = await revise(handle, spec, changed(spec, index, change));
      assert.equal(answer.state, 'running');
      assert.equal(answer.generations.length, 1, 'the teacher stays');
      training.release();
      const status = await handle.result();
      assert.equal(status.state, 'done');
      assert.ok(!training.wasCancelled);
      const order = fakes.order();
      assert.equal(order.filter((call) => call === 'trainModel 1').length, 1);
      assert.equal(order.filter((call) => call === 'trainModel 0').length, 1);
      const trained = fakes.calls.filter(({ name }) => name === 'trainModel').map(({ input }) => input['generation'] as GenerationSpec);
      assert.equal(index === 1 ? trained[1]!.training.checkpointEvery : trained[1]!.training.steps, seen, 'what runs keeps what it began with');
      if (index === 2) assert.equal(trained[2]!.training.steps, 7);
    });
  }

  test('a change of the training that runs ends it at a checkpoint, and trains anew with what was there before it', async () => {
    const { handle, fakes, training, spec } = await startHeld('training');
    await revise(handle, spec, changed(spec, 1, steps));
    await releaseCancelled(training);
    const status = await handle.result();
    const order = fakes.order();
    assert.equal(order.filter((call) => call === 'trainModel 1').length, 2);
    for (const call of ['prepareData', 'trainModel 0', 'evaluateModel 0']) assert.equal(order.filter((made) => made === call).length, 1, call);
    const second = fakes.calls.filter(({ name, input }) => name === 'trainModel' && (input['generation'] as GenerationSpec).role === 'student')[1]!;
    assert.equal((second.input['generation'] as GenerationSpec).training.steps, 7);
    assert.equal(status.phases.filter(({ phase, generation, role }) => phase === 'train' && generation === 1 && role === 'student').length, 1);
    assert.ok(!status.phases.some(({ reused }) => reused), 'what was computed in this run is not called reused');
  });

  test('a change of the teacher while a student is trained begins with the teacher, and prepares nothing again', async () => {
    const { handle, fakes, training, spec } = await startHeld('teacher');
    const answer = await revise(handle, spec, changed(spec, 0, steps));
    assert.deepEqual(answer.generations, []);
    await releaseCancelled(training);
    await handle.result();
    const order = fakes.order();
    assert.equal(order.filter((call) => call === 'prepareData').length, 1);
    assert.equal(order.filter((call) => call === 'trainModel 0').length, 2);
  });

  test('a change of what was selected for the student that is trained selects again and labels nothing', async () => {
    const { handle, fakes, training, spec } = await startHeld('selection');
    await revise(handle, spec, changed(spec, 1, confidence));
    await releaseCancelled(training);
    const status = await handle.result();
    assert.equal(fakes.order().filter((call) => call === 'selectLabels 1').length, 2);
    assert.ok(!status.phases.find(({ phase, generation }) => phase === 'label' && generation === 1)!.reused, 'labelling stays as it was computed');
  });

  test('a change of the phase behind the training that runs waits until the training is through', async () => {
    const spec = shortSpec();
    const { handle, fakes } = await startRun(server, 'behind', { spec });
    const training = fakes.hold('trainModel', 0);
    await training.started;
    await revise(handle, spec, changed(spec, 0, batch));
    training.release();
    await handle.result();
    assert.ok(!training.wasCancelled);
    const judged = fakes.calls.filter(({ name, input }) => name === 'evaluateModel' && input['generation'] === 0).map(({ input }) => input['batch']);
    assert.equal(judged.at(-1), 7);
  });

  test('a change of how a finished teacher is judged judges it again, and leaves the training that runs alone', async () => {
    const { handle, fakes, training, spec } = await startHeld('judged');
    assert.deepEqual((await revise(handle, spec, changed(spec, 0, batch))).generations, []);
    training.release();
    const status = await handle.result();
    assert.ok(!training.wasCancelled);
    assert.deepEqual(
      status.generations.map(({ generation }) => generation),
      [0, 1],
    );
    const judged = fakes.calls.filter(({ name, input }) => name === 'evaluateModel' && input['generation'] === 0).map(({ input }) => input['batch']);
    assert.equal(judged.at(-1), 7);
    assert.ok(!status.phases.some(({ reused }) => reused), 'what was computed in this run is not called reused');
    assert.deepEqual(reported(fakes), ['teacher 0', 'student 1']);
  });

  const two = exampleSpec();
  const one: ResolvedSpec = { ...two, generations: two.generations.slice(0, 2) };
  for (const [what, from, to, trainings, models] of [
    ['the baseline', two, { ...two, baseline: { ...two.baseline!, ...steps(two.baseline!) } }, 1, ['teacher 0', 'student 1', 'student 2', 'baseline 2']],
    ['no baseline', two, { ...two, baseline: null }, 0, ['teacher 0', 'student 1', 'student 2']],
    ['a student more', one, two, 1, ['teacher 0', 'student 1', 'student 2', 'baseline 2']],
    ['a student less', two, one, 0, ['teacher 0', 'student 1', 'baseline 2']],
  ] as const) {
    test(`a change when all models are there (${what}) is in the report, which tells of all models and of no other`, async () => {
      const id = `all-there-${what.replaceAll(' ', '-')}`;
      const { handle, fakes } = await startRun(server, id, { spec: from });
      const report = fakes.hold('writeReport');
      await report.started;
      const computed = newTrainings(fakes);
      await revise(handle, from, to);
      await releaseCancelled(report);
      const status = await handle.result();
      assert.deepEqual(reported(fakes), models);
      assert.equal(newTrainings(fakes) - computed, trainings);
      assert.equal(status.generations.length + (status.baseline ? 1 : 0), models.length);
      assert.ok(!status.phases.some(({ reused }) => reused), 'what was computed in this run is not called reused');
    });
  }

  test('a student more, and a student less', async () => {
    const two = exampleSpec();
    const one = { ...two, generations: two.generations.slice(0, 2) };
    const { handle, fakes, training } = await startHeld('less', { spec: two });
    await revise(handle, two, one);
    training.release();
    assert.equal((await handle.result()).generations.length, 2);
    assert.ok(!training.wasCancelled);
    assert.ok(!fakes.order().includes('selectLabels 2'));

    const more = await startHeld('more', { spec: one });
    await revise(more.handle, one, two);
    more.training.release();
    assert.equal((await more.handle.result()).generations.length, 3);
    assert.ok(!more.training.wasCancelled);
  });

  test('a paused run stays paused, and goes on with the change', async () => {
    const { handle, fakes, training, spec } = await startHeld('paused');
    await handle.executeUpdate(pauseUpdate);
    training.release();
    assert.equal((await revise(handle, spec, changed(spec, 1, steps))).state, 'paused');
    await handle.executeUpdate(resumeUpdate);
    await handle.result();
    assert.ok(fakes.calls.some(({ name, input }) => name === 'trainModel' && (input['generation'] as GenerationSpec).training.steps === 7));
  });

  test('a run that waits for a fix tries again with the change', async () => {
    const spec = shortSpec();
    const missing = ApplicationFailure.create({ message: 'OUT_OF_MEMORY', type: 'OUT_OF_MEMORY', nonRetryable: true });
    const { handle, fakes } = await startRun(server, 'fix', { spec, prepare: (fakes) => fakes.failNext('trainModel', missing) });
    await untilState(handle, 'awaiting-fix');
    const answer = await revise(handle, spec, changed(spec, 0, steps));
    assert.equal(answer.state, 'running');
    assert.ok(!('failure' in answer));
    await handle.result();
    const teacher = fakes.calls.filter(({ name, input }) => name === 'trainModel' && (input['generation'] as GenerationSpec).index === 0);
    assert.deepEqual(
      teacher.map(({ input }) => (input['generation'] as GenerationSpec).training.steps),
      [600, 7],
    );
  });

  test('what the search and the UI say of a run follows the change', async () => {
    const { handle, training, spec } = await startHeld('followed');
    const after = { ...changed(spec, 0, steps), name: 'renamed' };
    await revise(handle, spec, after);
    const { memo, searchAttributes } = await handle.describe();
    assert.equal(memo?.['specDigest'], digest(after));
    assert.deepEqual(searchAttributes['NoisyStudentSpec'], ['renamed']);
    assert.ok(!searchAttributes['BestTop1']?.length, 'there is no model any more');
    const metadata = await handle.query<{ currentDetails: string }, []>('__temporal_workflow_metadata');
    assert.match(metadata.currentDetails, /^Changed under way: a change$/m);
    training.release();
    await handle.result();
  });

  test('a change goes with a run that continues as new, whenever it comes', async () => {
    const spec = shortSpec();
    const { handle, fakes, client } = await startRun(server, 'continued', { spec, limits: { historyEvents: 1 } });
    const first = server.client.workflow.getHandle('continued') as RunHandle;
    let [known, from] = [spec, STARTED];
    let taken = 0;
    // One after the other, as fast as the run answers, from its start to its end: many come while it continues.
    for (let every = 1; (await first.describe()).status.name === 'RUNNING'; every++) {
      const next = changed(known, 1, ({ training }) => ({ training: { ...training, checkpointEvery: every } }));
      try {
        await revise(first, known, next, from);
        [known, from] = [next, digest(next)];
        taken++;
      } catch (error) {
        const status = (await first.describe()).status.name;
        assert.equal(status, 'COMPLETED', `a change was lost in a run that is ${status}: ${String((error as Error).cause ?? error)}`);
      }
    }
    assert.equal((await handle.result()).state, 'done');
    assert.ok(taken > 2, `only ${taken} changes were taken`);
    const executions = await executionsOf(client, 'continued');
    assert.ok(executions.length >= 4);
    const report = fakes.calls.filter(({ name }) => name === 'writeReport').at(-1)!.input as unknown as { specDigest: string; spec: ResolvedSpec };
    assert.equal(report.specDigest, from, 'the report is that of the last change that was taken');
    assert.deepEqual((await first.describe()).memo?.['specDigest'], from);
  });

  for (const [what, state, refusal] of [
    ['another seed', 'running', /cannot change its seed, which would be another experiment/],
    ['another seed', 'paused', /cannot change its seed/],
    ['another seed', 'awaiting-fix', /cannot change its seed/],
    ['other images', 'running', /cannot change its data.test/],
    ['a change of another pipeline', 'running', /has another pipeline by now/],
    ['a change of another pipeline', 'paused', /has another pipeline by now/],
    ['a change without its phases', 'running', /needs a resolved pipeline, its digest, and the phases that change/],
    ['any change', 'stopped', /is stopped and accepts nothing more|already completed/],
    ['any change', 'done', /is done and accepts nothing more|already completed/],
  ] as const) {
    test(`${what} is refused in a run that is ${state}, and leaves no event`, async () => {
      const spec = shortSpec();
      const id = `refused-${what.replaceAll(' ', '-')}-${state}`;
      const failure = ApplicationFailure.create({ message: 'DATA_MISSING', type: 'DATA_MISSING', nonRetryable: true });
      const { handle, fakes } = await startRun(server, id, { spec, prepare: (fakes) => state === 'awaiting-fix' && fakes.failNext('prepareData', failure) });
      if (state === 'awaiting-fix') await untilState(handle, state);
      else if (state === 'done') await handle.result();
      else {
        const training = fakes.hold('trainModel', 1);
        await training.started;
        if (state === 'paused') await handle.executeUpdate(pauseUpdate);
        if (state === 'stopped') await handle.executeUpdate(stopUpdate);
      }
      const after = what === 'another seed' ? { ...spec, seed: 2 } : what === 'other images' ? withTest(spec) : changed(spec, 1, steps);
      const sent =
        what === 'a change without its phases'
          ? handle.executeUpdate(reviseUpdate, { args: [{ from: STARTED, spec: after } as Revision, [] as string[]] })
          : revise(handle, spec, after, what === 'a change of another pipeline' ? 'e'.repeat(64) : STARTED);
      await assert.rejects(sent, (error: Error) => refusal.test(error instanceof WorkflowUpdateFailedError ? (error.cause?.message ?? '') : error.message));
      const accepted = (await handle.fetchHistory()).events!.filter(
        ({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update?.acceptedRequest?.input?.name === 'revise',
      );
      assert.deepEqual(accepted, []);
      if (state !== 'done' && state !== 'stopped') await handle.executeUpdate(stopUpdate);
    });
  }
});

/** The models that the last report is about, by the records that it is given the last of. */
function reported({ calls }: FakeActivities): string[] {
  const records = calls.filter(({ name }) => name === 'recordModel').map(({ input }) => [keyOf('record', input), input] as const);
  const models: string[] = [];
  let ref = calls.findLast(({ name }) => name === 'writeReport')!.input['record'] as { key: string } | null;
  while (ref !== null) {
    const record = new Map(records).get(ref.key)!;
    const { role, index } = record['generation'] as GenerationSpec;
    models.unshift(`${role} ${index}`);
    ref = record['before'] as { key: string } | null;
  }
  return models;
}

/** Trainings that nobody had published. */
function newTrainings({ calls }: FakeActivities): number {
  return new Set(calls.filter(({ name }) => name === 'trainModel').map(({ input }) => JSON.stringify(input))).size;
}

function withTest(spec: ResolvedSpec): ResolvedSpec {
  return { ...spec, data: { ...spec.data, test: { ...spec.data.test, perClass: 3 } } };
}
