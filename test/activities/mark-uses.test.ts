import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActivities, type ActivityDeps } from '../../activities/index.js';
import { markingUses } from '../../activities/mark-uses.js';
import { references, runName } from '../../lib/store/references.js';
import type { ArtifactStore } from '../../lib/store/store.js';
import { environment, fakeDevice, freshDeps, publishFiles, run } from './support.js';

const KEY = 'a'.repeat(64);
const CALLS = {
  find: (store) => store.find('train', KEY),
  open: (store) => store.open({ phase: 'train', key: KEY, digest: '' }),
  workFolder: (store) => store.workFolder(KEY, 'attempt'),
  publish: (store) => store.publish('train', KEY, '', { seconds: 1 }),
  checkpoints: (store) => store.checkpoints(KEY),
} satisfies Record<string, (store: ArtifactStore) => Promise<unknown>>;

for (const [name, call] of Object.entries(CALLS)) {
  test(`a run has noted that it uses a key before ${name} looks at it`, async (t) => {
    const { store } = await freshDeps(t);
    const { usesOf, stateOf } = references(store.notes);
    let noted: unknown;
    const look = async () => {
      noted = [(await usesOf(KEY)).map((use) => use.run), await stateOf(runName('a run'))];
      return undefined as never;
    };
    const marking = markingUses({ ...store, [name]: look }, () => ({ workflowId: 'a run', runId: '1' }));
    await call(marking);
    assert.deepEqual(noted, [[runName('a run')], 'under way']);
  });
}

for (const workflowId of ['a/run', 'a/run/generation-2', 'a/run/generation-12/labels', 'a/run/baseline']) {
  test(`what ${workflowId} uses is used by the run`, async (t) => {
    const { store } = await freshDeps(t);
    await markingUses(store, () => ({ workflowId, runId: '1' })).find('train', KEY);
    assert.deepEqual(
      (await references(store.notes).usesOf(KEY)).map((use) => use.run),
      [runName('a/run')],
    );
  });
}

test('an execution notes a key once, another one notes it again, and a run that was done is under way again', async (t) => {
  const { store } = await freshDeps(t);
  const known = references(store.notes);
  const put: string[] = [];
  const notes = { ...store.notes, put: async (name: string, text: string) => (put.push(name), store.notes.put(name, text)) };
  let runId = '1';
  const marking = markingUses({ ...store, notes }, () => ({ workflowId: 'a run', runId }));
  await Promise.all([marking.find('train', KEY), marking.find('train', KEY)]);
  await marking.checkpoints(KEY);
  assert.deepEqual(put, ['runs/a%20run', `uses/${KEY}/a%20run~1`]);
  await known.finish(runName('a run'));
  runId = '2';
  await marking.find('train', KEY);
  assert.equal(await known.stateOf(runName('a run')), 'under way');
  assert.deepEqual(put.slice(2), ['runs/a%20run', `uses/${KEY}/a%20run~2`]);
});

test('a use that could not be noted fails the call, and is noted by the next', async (t) => {
  const { store } = await freshDeps(t);
  let failures = 2;
  const put = async (name: string, text: string) => {
    if (failures-- > 0) throw new Error('no space');
    return store.notes.put(name, text);
  };
  const marking = markingUses({ ...store, notes: { ...store.notes, put } }, () => ({ workflowId: 'a run', runId: '1' }));
  await assert.rejects(marking.find('train', KEY), /no space/);
  await assert.rejects(marking.find('train', KEY), /no space/);
  await marking.find('train', KEY);
  assert.equal((await references(store.notes).usesOf(KEY)).length, 1);
});

test('a run with a long id, and one whose id no file system takes, have names of their own', () => {
  const names = ['a'.repeat(1000), `${'a'.repeat(999)}b`, '..', '.', 'a/../b'].map(runName);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.ok(name.length <= 180 && !name.includes('/') && !/^\.+$/.test(name), name);
});

test('the activities of a worker note what they use for the run that they work for', async (t) => {
  const deps = await freshDeps(t);
  const model = await publishFiles(deps.store, 'train', 'model', { 'model.safetensors': 'w' });
  const dataset = await publishFiles(deps.store, 'prepare', 'dataset', { 'dataset.json': '{}' });
  const evaluation = JSON.stringify({ validation: { top1: 1, top5: 1 }, test: { top1: 1, top5: 1 } });
  const { device } = fakeDevice(() => ({ files: { 'evaluation.json': evaluation } }));
  const { evaluateModel } = createActivities({ ...deps, device, hub: {} } as unknown as ActivityDeps);
  const { env } = environment({ workflowExecution: { workflowId: 'run-1/generation-0', runId: 'execution' } });
  const { artifact } = await run(evaluateModel, { generation: 0, model, dataset, batch: 1 }, env);
  for (const { key } of [model, dataset, artifact]) {
    assert.deepEqual(
      (await references(deps.store.notes).usesOf(key)).map((use) => use.note),
      [`uses/${key}/run-1~execution`],
    );
  }
});
