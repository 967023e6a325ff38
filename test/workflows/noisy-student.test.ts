import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WorkflowFailedError } from '@temporalio/client';
import type { Call } from './fake-activities.js';
import { statusQuery } from '../../workflows/messages.js';
import { fakeActivities } from './fake-activities.js';
import { startRun } from './runs.js';
import { noServer, useServer } from './server.js';
import type { ArtifactRef } from '../../lib/store/store.js';
import { exampleSpec } from './spec.js';

// Without a cache every workflow task replays its history: code that decides otherwise the second time fails here.
const server = useServer({ cachedWorkflows: 0 });

describe('a run', { concurrency: 4, skip: noServer }, () => {
  test('a run prepares, trains the teacher, each student with the newest teacher, the baseline, and reports', async () => {
    const { handle, fakes } = await startRun(server, 'order');
    const status = await handle.result();
    assert.equal(status.state, 'done');
    const student = (g: number) => [...shards(g), `selectLabels ${g}`, `trainModel ${g}`, `evaluateModel ${g}`, `recordModel ${g}`];
    assert.deepEqual(fakes.order(), [
      'prepareData',
      ...['trainModel 0', 'evaluateModel 0', 'recordModel 0'],
      ...student(1),
      ...student(2),
      ...['trainModel 2', 'evaluateModel 2', 'recordModel 2'],
      'writeReport',
    ]);
    checkFlow(fakes.calls);
  });

  test('the status has the shape that scripts rely on', async () => {
    const { handle } = await startRun(server, 'shape');
    await handle.result();
    const status = await handle.query(statusQuery);
    const [teacher, student] = status.generations;
    assert.deepEqual(Object.keys(status).sort(), ['allowed', 'baseline', 'current', 'generations', 'phases', 'report', 'run', 'state']);
    assert.equal(status.run, 'shape');
    assert.equal(status.report, 'runs/shape/report.html');
    assert.equal(status.generations.length, 3);
    assert.deepEqual(
      { ...teacher, weights: null },
      {
        generation: 0,
        model: 'efficientnet_t0',
        parameters: 1000,
        validation: { top1: 0.5, top5: 1 },
        test: { top1: 0.6, top5: 1 },
        seconds: 3, // training and evaluating
        weights: null,
      },
    );
    assert.match(teacher!.weights.key, /^[0-9a-f]{64}$/);
    assert.match(teacher!.weights.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(student!.pool, { images: 10, kept: 8, unique: 6, labelAccuracy: 0.75 });
    assert.equal(student!.seconds, 9); // three shards, selecting, training and evaluating
    assert.equal(status.baseline!.model, 'efficientnet_t1');
    assert.equal(status.current, null);
  });

  test('a second run of the same spec reuses everything and says why', async () => {
    const fakes = fakeActivities();
    const { handle, again } = await startRun(server, 'again', { fakes });
    const first = await handle.result();
    assert.ok(first.phases.every(({ reused }) => !reused));
    const second = await (await again()).result();
    assert.deepEqual(
      second.phases.map(({ phase, generation, role, reused }) => [phase, generation, role, reused]),
      [
        ['prepare', null, null, true],
        ...[
          ['train', 0, 'teacher', true],
          ['evaluate', 0, 'teacher', true],
        ],
        ...[1, 2].flatMap((g) => ['label', 'select', 'train', 'evaluate'].map((phase) => [phase, g, 'student', true])),
        ...[
          ['train', 2, 'baseline', true],
          ['evaluate', 2, 'baseline', true],
        ],
        ['report', null, null, true],
      ],
    );
    assert.equal(second.phases.find(({ phase }) => phase === 'label')!.why, '3 of 3 shards were published before');
    assert.match(second.phases[1]!.why, /published before/);
    assert.deepEqual(second.generations, first.generations);
  });

  test('a spec without students and baseline trains the teacher alone', async () => {
    const spec = exampleSpec();
    const { handle, fakes } = await startRun(server, 'teacher-only', { spec: { ...spec, generations: [spec.generations[0]!], baseline: null } });
    const status = await handle.result();
    assert.ok(!('baseline' in status));
    assert.deepEqual(fakes.order(), ['prepareData', 'trainModel 0', 'evaluateModel 0', 'recordModel 0', 'writeReport']);
  });

  test('a run that is cancelled from outside stops at a checkpoint and ends as cancelled', async () => {
    const { handle, fakes } = await startRun(server, 'cancelled');
    const training = fakes.hold('trainModel', 0);
    await training.started;
    await handle.cancel();
    await assert.rejects(handle.result(), (error: WorkflowFailedError) => error.cause?.name === 'CancelledFailure');
    assert.ok(training.wasCancelled);
    assert.equal((await handle.describe()).searchAttributes['State']?.[0], 'stopped');
  });
});

const shards = (generation: number) => Array.from({ length: 3 }, () => `labelShards ${generation}`);

/** What the inputs of all activities may hold, as far as artifacts flow through them. */
interface FlowInput {
  readonly [artifact: string]: unknown;
  readonly selection: ArtifactRef | null;
  readonly before: { readonly model: ArtifactRef } | null;
}

/** Each phase gets the artifacts of the phases before it. */
function checkFlow(calls: readonly Call[]): void {
  const inputs = (name: string) => calls.filter((call) => call.name === name).map(({ input }) => input as FlowInput);
  const [teacher, first, second, baseline] = inputs('trainModel');
  const [judgedTeacher, judgedFirst] = inputs('evaluateModel');
  const [firstShard] = inputs('labelShards');
  const [selectFirst, selectSecond] = inputs('selectLabels');
  const records = inputs('recordModel');
  const [report] = inputs('writeReport');
  assert.equal(teacher!['selection'], null);
  assert.equal(baseline!['selection'], null);
  assert.equal(first!.selection?.phase, 'select');
  assert.notDeepEqual(first!['selection'], second!['selection']);
  assert.deepEqual(firstShard!['model'], judgedTeacher!['model'], 'the teacher that labels is the one that was trained');
  assert.deepEqual(inputs('labelShards')[3]!['model'], judgedFirst!['model'], 'the first student labels for the second');
  assert.deepEqual(
    inputs('labelShards')
      .slice(0, 3)
      .map(({ first, last, shards: of }) => `${first}-${last} of ${of}`)
      .sort(),
    ['0-0 of 3', '1-1 of 3', '2-2 of 3'],
  );
  assert.equal(selectFirst!['before'], null);
  assert.deepEqual(selectSecond!.before?.model, judgedTeacher!['model'], 'the change of labels is told against the generation before');
  assert.deepEqual(records[1]!['train'], judgedFirst!['model']);
  const befores = records.map(({ before }) => before);
  assert.equal(befores[0], null);
  assert.equal(new Set([...befores, report!['record']].map((ref) => JSON.stringify(ref))).size, 5, 'each record leads to the one before');
}
