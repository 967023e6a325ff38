import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ResolvedSpec } from '../../lib/spec/resolved.js';
import { createFileStore } from '../../lib/store/file-store.js';
import type { ArtifactStore } from '../../lib/store/store.js';
import { plan, type PlannedPhase } from '../../workers/plan.js';
import { phaseName } from '../../workflows/details.js';
import { exampleSpec } from '../workflows/spec.js';

const outside = { files: 'print', weights: { config: '', weights: '' }, normalisation: undefined };
let root: string;
let store: ArtifactStore;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'noisy-student-plan-'));
  store = createFileStore(root);
});
after(() => rm(root, { recursive: true, force: true }));

test('a plan follows the store: what is published is reused, what is half done is resumed, and what is behind it runs', async () => {
  const spec = exampleSpec();
  const look = async (wanted: ResolvedSpec = spec, from: ResolvedSpec | null = null) => {
    const phases = await plan({ spec: wanted, run: 'run', before: from, store, outside });
    return (name: string) => phases.find((phase) => phaseName(phase) === name)!;
  };
  const empty = await look();
  assert.deepEqual(pick(empty('prepare')), ['run', 'nothing was published under its key']);
  assert.deepEqual(pick(empty('train of teacher')), ['run', 'because prepare runs']);
  assert.equal(empty('train of teacher').key, null, 'nobody knows it yet');

  const sets = { labelled: 20, validation: 20, test: 20, pool: 10 };
  await publish('prepare', empty('prepare').key!, { 'dataset.json': JSON.stringify({ sets, hiddenLabels: false }) });
  const prepared = await look();
  assert.equal(prepared('prepare').action, 'reuse');
  assert.equal(prepared('label of student 1').images, 10);
  const { key, steps } = prepared('train of teacher');
  assert.deepEqual(pick(prepared('label of student 1')), ['run', 'because train of teacher runs']);

  await mkdir(join(await store.checkpoints(key!), 'step-150'));
  assert.deepEqual(pick((await look())('train of teacher')), ['resume', `its training was interrupted after step 150 of ${steps}`]);

  await publish('train', key!, { 'model.safetensors': 'weights' }, 100);
  const trained = await look();
  assert.equal(trained('train of teacher').action, 'reuse');
  await publish('label', trained('label of student 1').key!, { 'labels.parquet': 'rows' });
  assert.deepEqual(pick((await look())('label of student 1')), ['resume', '1 of 3 shards were published before']);

  const teacher = spec.generations[0]!;
  const longer = { ...spec, generations: spec.generations.with(0, { ...teacher, training: { ...teacher.training, steps: 2 * teacher.training.steps } }) };
  const changed = (await look(longer, spec))('train of teacher');
  assert.deepEqual(pick(changed), ['run', 'changed: training.steps']);
  assert.equal(changed.seconds, 200, 'twice the images of the training before, which took 100 seconds');
});

function pick({ action, why }: PlannedPhase): readonly [string, string] {
  return [action, why];
}

async function publish(phase: 'prepare' | 'train' | 'label', key: string, files: Readonly<Record<string, string>>, seconds = 1): Promise<void> {
  const folder = await store.workFolder(key, 'attempt');
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  await store.publish(phase, key, folder, { seconds });
}
