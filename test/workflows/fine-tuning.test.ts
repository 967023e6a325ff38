import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import type { ArtifactRef } from '../../lib/store/store.js';
import { fineTuneOf } from '../../workflows/fine-tune.js';
import type { Call } from './fake-activities.js';
import { startRun } from './runs.js';
import { noServer, useServer } from './server.js';
import { tunedSpec } from './spec.js';

// Without a cache every workflow task replays its history: code that decides otherwise the second time fails here.
const server = useServer({ cachedWorkflows: 0 });

describe('a run with fine-tuning', { skip: noServer }, () => {
  test('weights come first, a larger size is prepared once and when it is asked for, and each phase gets what belongs to its size', async () => {
    const { handle, fakes, again } = await startRun(server, 'tuned', { spec: tunedSpec() });
    const status = await handle.result();
    assert.equal(status.state, 'done');
    const labels = (g: number) => [...Array.from({ length: 3 }, () => `labelShards ${g}`), `selectLabels ${g}`];
    assert.deepEqual(fakes.order(), [
      ...['importWeights', 'prepareData', 'resizeData', 'trainModel 0', 'trainModel 0', 'evaluateModel 0', 'recordModel 0'],
      ...[...labels(1), 'trainModel 1', 'evaluateModel 1', 'recordModel 1'],
      ...[...labels(2), 'trainModel 2', 'trainModel 2', 'evaluateModel 2', 'recordModel 2'],
      ...['trainModel 2', 'trainModel 2', 'evaluateModel 2', 'recordModel 2', 'writeReport'],
    ]);
    assert.deepEqual(
      status.phases.map(({ phase, role }) => (role === null ? phase : `${role} ${phase}`)),
      [
        ...['import', 'prepare', 'prepare 56 px', 'teacher train', 'teacher fine-tune', 'teacher evaluate'],
        ...['label', 'select', 'train', 'evaluate', 'label', 'select', 'train', 'fine-tune', 'evaluate'].map((phase) => `student ${phase}`),
        ...['baseline train', 'baseline fine-tune', 'baseline evaluate', 'report'],
      ],
    );
    assert.equal(status.generations[0]!.seconds, 4.5); // both trainings and the evaluation
    checkFlow(fakes.calls);

    const second = await (await again()).result();
    assert.ok(
      second.phases.every(({ reused }) => reused),
      'started again, it finds all of it',
    );
    assert.deepEqual(second.generations, status.generations);
  });
});

/** What the inputs may hold. */
interface Input {
  readonly [name: string]: unknown;
  readonly data: { readonly image: { readonly size: number; readonly mean: readonly number[] } };
  readonly dataset: ArtifactRef;
  readonly model: ArtifactRef;
  readonly generation: GenerationSpec;
  readonly labels: { readonly dataset?: ArtifactRef };
  readonly before: { readonly model: ArtifactRef; readonly dataset?: ArtifactRef } | null;
  readonly train: ArtifactRef;
  readonly base?: ArtifactRef;
}

function checkFlow(calls: readonly Call[]): void {
  const inputs = (name: string) => calls.filter((call) => call.name === name).map(({ input }) => input as Input);
  const [prepare, resize] = ['prepareData', 'resizeData'].map((name) => inputs(name)[0]!) as [Input, Input];
  assert.deepEqual(prepare.data.image, { size: 28, channels: 1, mean: [0.5], std: [0.25] }, 'the normalisation is that of the weights');
  assert.deepEqual(resize.data.image, { ...prepare.data.image, size: 56 });

  const [teacher, tunedTeacher, first, second, tunedSecond, baseline, tunedBaseline] = inputs('trainModel') as [
    Input,
    Input,
    Input,
    Input,
    Input,
    Input,
    Input,
  ];
  assert.equal((teacher['initial'] as ArtifactRef).phase, 'import');
  for (const fresh of [first, second, baseline]) assert.ok(!('initial' in fresh), 'students begin afresh');
  const sizes = { small: teacher.dataset, large: tunedTeacher.dataset };
  assert.deepEqual(sizes.small, resize['like']);
  assert.notDeepEqual(sizes.small, sizes.large);
  for (const tuned of [tunedSecond, tunedBaseline]) assert.deepEqual([tuned.dataset, tuned['selection']], [sizes.large, null]);
  assert.deepEqual(tunedSecond.generation.training, tunedBaseline.generation.training, 'the baseline gets the same');

  const [judgedTeacher, judgedFirst, judgedSecond] = inputs('evaluateModel') as [Input, Input, Input];
  assert.deepEqual([judgedTeacher.dataset, judgedFirst.dataset], [sizes.large, sizes.small]);
  const shards = inputs('labelShards');
  assert.deepEqual([shards[0]!.model, shards[0]!.dataset], [judgedTeacher.model, sizes.large], 'the tuned teacher labels at its own size');
  assert.deepEqual([shards[3]!.model, shards[3]!.dataset], [judgedFirst.model, sizes.small]);
  const [selectFirst, selectSecond] = inputs('selectLabels') as [Input, Input];
  assert.deepEqual([selectFirst.dataset, selectFirst.labels.dataset], [sizes.small, sizes.large]);
  assert.deepEqual([selectSecond.labels.dataset, selectSecond.before?.dataset], [undefined, sizes.large]);
  const records = inputs('recordModel');
  assert.deepEqual(records[2]!.train, judgedSecond.model);
  assert.deepEqual(records[2]!.base, tunedSecond['initial'], 'the second training starts from the first');
  assert.ok(!('base' in records[1]!));
}

test('the training at a larger size has no noise, a constant rate and the steps of its epochs, at least one', () => {
  const [teacher] = tunedSpec().generations;
  const { resolution, weights: _, ...rest } = teacher!;
  const tuned = fineTuneOf(teacher!, resolution!, 500);
  assert.deepEqual(tuned, {
    ...rest,
    freeze: resolution!.freeze,
    noise: { randAugment: null, crop: null, flip: 'none', dropout: 0, survival: 1 },
    training: {
      ...rest.training,
      steps: 23, // 1.5 epochs of 500 images, 32 a step
      schedule: { name: 'exponential', rate: 0.015 * 0.01, warmupSteps: 0, decay: 1, everySteps: 1 },
    },
  });
  assert.equal(fineTuneOf(teacher!, resolution!, 1).training.steps, 1);
});
