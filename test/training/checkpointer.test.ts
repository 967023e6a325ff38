import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { emptyTally } from '../../lib/noise/tally.js';
import { tf } from '../../lib/tensor/runtime.js';
import { newestCheckpoint, saveCheckpoint, type Checkpoint } from '../../lib/training/checkpoint.js';
import { checkpointSteps } from '../../lib/store/disk.js';
import { openCheckpointer } from '../../lib/training/checkpointer.js';
import { NO_METRICS } from '../../lib/training/metrics.js';
import type { TrainState } from '../../lib/training/state.js';

test('saving returns before the checkpoint is on the disk, and what happens to the state meanwhile does not reach it', async (t) => {
  const folder = await temporaryFolder(t);
  const gate = new EventEmitter();
  const opened = once(gate, 'open');
  const threads = { save: (checkpoint: Checkpoint) => opened.then(() => saveCheckpoint(folder, checkpoint)) };
  let clock = 0;
  const checkpoints = openCheckpointer(folder, threads, { saved: 0, warn: assert.fail, now: () => (clock += 7) });
  const state = stateOf(1);
  await checkpoints.save(state, progress(10));
  tf.dispose(Object.values(state.weights));
  assert.deepEqual(await checkpointSteps(folder), []);
  assert.equal(checkpoints.saved, 0, 'what is not on the disk is not called saved');
  gate.emit('open');
  await checkpoints.finish();
  assert.equal(checkpoints.saved, 10);
  const sizes = (await readdir(join(folder, 'step-10'))).map(async (name) => (name === 'manifest.json' ? 0 : (await stat(join(folder, 'step-10', name))).size));
  assert.deepEqual(checkpoints.cost, { bytes: (await Promise.all(sizes)).reduce((sum, size) => sum + size), ms: 7 });
  const found = await newestCheckpoint(folder, assert.fail);
  assert.deepEqual([...found!.tensors.get('weights.w')!.values], [1, 1, 1]);
});

test('a checkpoint waits for the one before, so that never two are under way', async (t) => {
  const folder = await temporaryFolder(t);
  let underWay = 0;
  let most = 0;
  const threads = {
    async save(checkpoint: Checkpoint) {
      most = Math.max(most, ++underWay);
      return saveCheckpoint(folder, checkpoint).finally(() => underWay--);
    },
  };
  const checkpoints = openCheckpointer(folder, threads, { saved: 0, warn: assert.fail, now: () => 0 });
  for (const step of [10, 20, 30]) await checkpoints.save(stateOf(step), progress(step));
  await checkpoints.finish();
  assert.equal(most, 1);
  assert.deepEqual(await checkpointSteps(folder), [30, 20]);
});

test('what a thread cannot save is saved without it, with a warning', async (t) => {
  const folder = await temporaryFolder(t);
  const warnings: string[] = [];
  const threads = { save: () => Promise.reject(new Error('the thread is gone')) };
  const checkpoints = openCheckpointer(folder, threads, { saved: 0, warn: (message) => warnings.push(message), now: () => 0 });
  await checkpoints.save(stateOf(1), progress(10));
  await checkpoints.finish();
  assert.deepEqual(await checkpointSteps(folder), [10]);
  assert.match(warnings.join(), /could not save the checkpoint of step 10, which is saved without it: Error: the thread is gone/);
});

test('a checkpoint that cannot be written ends the training, at the latest with the next one', async (t) => {
  const folder = join(await temporaryFolder(t), 'missing');
  const threads = { save: () => Promise.reject(new Error('in the thread')) };
  const checkpoints = openCheckpointer(folder, threads, { saved: 0, warn: () => undefined, now: () => 0 });
  await checkpoints.save(stateOf(1), progress(10));
  await assert.rejects(checkpoints.save(stateOf(2), progress(20)), { code: 'ENOENT' });
  assert.throws(() => checkpoints.check(), { code: 'ENOENT' });
  await assert.rejects(openCheckpointer(folder, null, { saved: 0, warn: () => undefined, now: () => 0 }).save(stateOf(1), progress(10)), { code: 'ENOENT' });
});

function stateOf(value: number): TrainState {
  return { weights: { w: tf.fill([3], value) }, statistics: {}, average: {}, slots: {} };
}

function progress(step: number): Checkpoint['progress'] {
  const versions = { libtensorflow: '2', intraOp: '1', processor: 'test', device: 'cpu', execution: 'compiled' } as const;
  return { step, metrics: NO_METRICS, noise: emptyTally(), timing: { total: 0, data: 0, checkpoints: 0 }, versions };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpointer-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
