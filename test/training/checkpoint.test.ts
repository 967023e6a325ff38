import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { emptyTally } from '../../lib/noise/tally.js';
import { newestCheckpoint, removeUnfinished, saveCheckpoint, type Checkpoint } from '../../lib/training/checkpoint.js';
import { checkpointSteps } from '../../lib/store/disk.js';
import { NO_METRICS } from '../../lib/training/metrics.js';

test('a checkpoint comes back as it was', async (t) => {
  const folder = await temporaryFolder(t);
  await saveCheckpoint(folder, checkpoint(7));
  const found = await newestCheckpoint(folder, assert.fail);
  assert.deepEqual(found?.progress, checkpoint(7).progress);
  assert.deepEqual([...found!.tensors], [...checkpoint(7).tensors]);
  assert.equal(found?.path, join(folder, 'step-7'));
});

test('the newest two are kept, by number and not by name', async (t) => {
  const folder = await temporaryFolder(t);
  for (const step of [8, 9, 10, 11]) await saveCheckpoint(folder, checkpoint(step));
  assert.deepEqual(await checkpointSteps(folder), [11, 10]);
  assert.equal((await newestCheckpoint(folder, assert.fail))?.progress.step, 11);
});

for (const value of [NaN, Infinity, -Infinity]) {
  test(`a checkpoint with ${value} in it is not written: those before it stay to go back to`, async (t) => {
    const folder = await temporaryFolder(t);
    await saveCheckpoint(folder, checkpoint(1));
    await saveCheckpoint(folder, checkpoint(2));
    const diverged = checkpoint(3);
    const [name] = [...diverged.tensors.keys()];
    diverged.tensors.get(name!)!.values[0] = value;
    const evidence = { step: 3, tensor: name, at: 0, value: String(value) };
    await assert.rejects(saveCheckpoint(folder, diverged), { code: 'TRAINING_DIVERGED', evidence });
    assert.deepEqual(await checkpointSteps(folder), [2, 1]);
    assert.equal((await readdir(folder)).length, 2);
  });
}

/** [what is done to the newest checkpoint, what the warning says of it] */
const DAMAGES: [name: string, warning: RegExp, damage: (path: string) => Promise<unknown>][] = [
  ['a flipped bit', /state\.safetensors has other content/, (path) => flipBit(join(path, 'state.safetensors'))],
  ['a cut-off file', /state\.safetensors has 100 bytes instead of/, (path) => truncate(join(path, 'state.safetensors'), 100)],
  ['a missing file', /progress\.json is missing/, (path) => rm(join(path, 'progress.json'))],
  ['a missing manifest', /manifest cannot be read/, (path) => rm(join(path, 'manifest.json'))],
  ['an empty manifest', /manifest cannot be read/, (path) => truncate(join(path, 'manifest.json'), 0)],
];

for (const [name, warning, damage] of DAMAGES) {
  test(`${name} falls back to the checkpoint before, and says so`, async (t) => {
    const folder = await temporaryFolder(t);
    await saveCheckpoint(folder, checkpoint(100));
    await saveCheckpoint(folder, checkpoint(200));
    await damage(join(folder, 'step-200'));
    const warnings: string[] = [];
    const found = await newestCheckpoint(folder, (message) => warnings.push(message));
    assert.equal(found?.progress.step, 100);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /step-200/);
    assert.match(warnings[0]!, warning);
    assert.deepEqual(await checkpointSteps(folder), [100], 'it is still taken for progress');
  });

  test(`${name} is made good when the training gets there again`, async (t) => {
    const folder = await temporaryFolder(t);
    await saveCheckpoint(folder, checkpoint(200));
    await damage(join(folder, 'step-200'));
    await saveCheckpoint(folder, checkpoint(200));
    assert.equal((await newestCheckpoint(folder, assert.fail))?.progress.step, 200);
  });
}

test('when none verifies there is none', async (t) => {
  const folder = await temporaryFolder(t);
  await saveCheckpoint(folder, checkpoint(1));
  await rm(join(folder, 'step-1', 'manifest.json'));
  assert.equal(await newestCheckpoint(folder, () => undefined), undefined);
  assert.equal(await newestCheckpoint(join(folder, 'absent'), assert.fail), undefined);
});

test('one of that step that verifies stays: another attempt wrote the same', async (t) => {
  const folder = await temporaryFolder(t);
  await saveCheckpoint(folder, checkpoint(5));
  await saveCheckpoint(folder, checkpoint(5));
  assert.deepEqual(await readdir(folder), ['step-5']);
});

test('what a kill left half written is no checkpoint, and goes', async (t) => {
  const folder = await temporaryFolder(t);
  await saveCheckpoint(folder, checkpoint(3));
  await mkdir(join(folder, '.unfinished-abc'));
  await writeFile(join(folder, '.unfinished-abc', 'state.safetensors'), 'half');
  assert.equal((await newestCheckpoint(folder, assert.fail))?.progress.step, 3);
  await removeUnfinished(folder);
  assert.deepEqual(await readdir(folder), ['step-3']);
});

function checkpoint(step: number): Checkpoint {
  const values = Float32Array.from({ length: 64 }, (_, i) => step + i / 64);
  return {
    tensors: new Map([['weights.a', { shape: [8, 8], values }]]),
    progress: {
      step,
      metrics: NO_METRICS,
      noise: emptyTally(),
      timing: { total: 3, data: 1, checkpoints: 0.5 },
      versions: { libtensorflow: '2.18.1', intraOp: '1', processor: 'test', device: 'cpu', execution: 'eager' },
    },
  };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
}
