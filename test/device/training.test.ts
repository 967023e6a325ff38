import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test, type TestContext } from 'node:test';
import type { Progress } from '../../lib/device/messages.js';
import { createDevice, type Device, type JobAborted } from '../../lib/device/process.js';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';
import { checkpointSteps } from '../../lib/store/disk.js';
import { digests, tinyFolder, tinyJob } from '../training/tiny.js';

let folder: string;
let expected: Record<string, string>;
before(async () => {
  folder = await tinyFolder();
});
after(() => rm(folder, { recursive: true }));

test('a training in the device process leaves its output, and says how it went', async (t) => {
  const job = await tinyJob(folder, 'undisturbed');
  const seen: Progress[] = [];
  const { meta } = await realDevice(t).run(job, { onProgress: (progress) => seen.push(progress) });
  expected = await digests(job.output);
  assert.deepEqual(
    seen.map(({ step }) => step),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  assert.equal(seen.at(-1)!.checkpoint, 30);
  assert.equal(meta['weightsSha256'], expected['model.safetensors']);
  assert.equal((meta['versions'] as { intraOp: string }).intraOp, '1');
  assert.ok((meta['dataShare'] as number) > 0 && (meta['dataShare'] as number) < 1);
});

test('progress that is asked for sparingly is that of the first step and of the last', async (t) => {
  const seen: Progress[] = [];
  await realDevice(t, { progressMs: 600_000 }).run(await tinyJob(folder, 'sparing'), { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(
    seen.map(({ step }) => step),
    [1, 30],
  );
});

test('a killed training is DEVICE_LOST, and the next attempt ends with the same bytes', async (t) => {
  const device = realDevice(t);
  const job = await tinyJob(folder, 'killed');
  const killOnceSaved = { onProgress: ({ checkpoint }: Progress) => void (checkpoint === 10 && process.kill(device.pid!, 'SIGKILL')) };
  await assert.rejects(device.run(job, killOnceSaved), { code: 'DEVICE_LOST', message: /killed by SIGKILL during a train job/ });
  assert.deepEqual(await digests(job.output), {});
  const steps: number[] = [];
  await device.run(job, { onProgress: ({ step }) => steps.push(step) });
  assert.ok(steps[0] === 11 || steps[0] === 21, `it goes on from the checkpoint of step ${steps[0]! - 1}, not from one before what was told`);
  assert.deepEqual(await digests(job.output), expected);
});

test('an aborted training has a checkpoint of the step it stopped at, and the next attempt ends with the same bytes', async (t) => {
  const device = realDevice(t);
  const job = await tinyJob(folder, 'aborted');
  const stop = new AbortController();
  let stoppedAt = 0;
  const running = device.run(job, { signal: stop.signal, onProgress: ({ step }) => void (step === 12 && stop.abort()) });
  await assert.rejects(running, (error: JobAborted) => {
    assert.equal(error.name, 'AbortError');
    stoppedAt = error.progress!.step;
    assert.equal(error.progress!.checkpoint, stoppedAt);
    return true;
  });
  assert.ok(stoppedAt >= 12 && stoppedAt < 30, `stopped at ${stoppedAt}`);
  assert.deepEqual(await checkpointSteps(job.checkpoints), [stoppedAt, 10]);
  await device.run(job);
  assert.deepEqual(await digests(job.output), expected);
});

for (const interOp of [2, 4]) {
  test(`${interOp} threads beside operations give the same bytes as one, also when they take over from one`, async (t) => {
    const job = await tinyJob(folder, `inter-op ${interOp}`);
    await realDevice(t, { interOp }).run(job);
    assert.deepEqual(await digests(job.output), expected);

    const handed = await tinyJob(folder, `handed to ${interOp}`);
    const first = realDevice(t);
    const stop = new AbortController();
    await assert.rejects(first.run(handed, { signal: stop.signal, onProgress: ({ step }) => void (step === 7 && stop.abort()) }), { name: 'AbortError' });
    await realDevice(t, { interOp }).run(handed);
    assert.deepEqual(await digests(handed.output), expected);
  });
}

test('an error of the training arrives with its code', async (t) => {
  const job = await tinyJob(folder, 'unknown');
  const unknown = { ...job, generation: { ...job.generation, model: 'efficientnet_b9' } };
  await assert.rejects(realDevice(t).run(unknown), { code: 'MODEL_UNKNOWN', message: /^MODEL_UNKNOWN no model is named "efficientnet_b9"/ });
});

function realDevice(t: TestContext, { interOp = 1, progressMs = 0 } = {}): Device {
  const environment = { ...process.env, ...tensorFlowEnvironment({ interOp }) } as Record<string, string>;
  const device = createDevice({
    node: process.execPath,
    environment,
    processor: 'test',
    progressMs,
    stallMs: 120_000,
    killAfterMs: 120_000,
    log: () => undefined,
  });
  t.after(() => device.close());
  return device;
}
