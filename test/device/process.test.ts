import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { PipelineError } from '../../lib/errors.js';
import type { LabelJob, Progress } from '../../lib/device/messages.js';
import type { JobAborted } from '../../lib/device/process.js';
import { createDevice, type Device, type DeviceOptions } from '../../lib/device/process.js';

test('one child does job after job', async (t) => {
  const device = fakeDevice(t);
  const [first, second] = await Promise.all([device.run(job('answer')), device.run(job('answer'))]);
  assert.equal(first.meta['pid'], second.meta['pid']);
  assert.equal(first.meta['pid'], device.pid);
});

test('a warm device has a child that has been told what to load, and the job finds it there', async (t) => {
  const device = fakeDevice(t);
  device.warm();
  const { pid } = device;
  device.warm();
  assert.equal(device.pid, pid);
  const { meta } = await device.run(job('answer'));
  const told = (meta['told'] as string[]).filter((type) => type !== 'licence');
  assert.deepEqual([meta['pid'], told], [pid, ['load', 'run']]);
});

test('a device that is closed does not start again by being warmed', async (t) => {
  const device = fakeDevice(t);
  await device.close();
  device.warm();
  assert.equal(device.pid, undefined);
});

test('progress reaches the caller', async (t) => {
  const seen: Progress[] = [];
  await fakeDevice(t).run(job('answer'), { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(seen, [{ step: 1, of: 2 }]);
});

test("a job's own error arrives with its code and evidence", async (t) => {
  await assert.rejects(fakeDevice(t).run(job('fail')), (error: PipelineError) => {
    assert.equal(error.message, 'DATA_INVALID here: this is wrong');
    assert.equal(error.code, 'DATA_INVALID');
    assert.deepEqual(error.evidence, { row: 7 });
    return true;
  });
});

test("an error that no code fits keeps the child's stack", async (t) => {
  await assert.rejects(fakeDevice(t).run(job('break')), (error: Error) => {
    assert.match(error.message, /x is undefined/);
    assert.match((error.cause as Error).stack!, /at somewhere/);
    return true;
  });
});

test('a child that dies is DEVICE_LOST, with its exit code and last words', async (t) => {
  const lines: string[] = [];
  await assert.rejects(fakeDevice(t, { log: (line) => lines.push(line) }).run(job('die')), (error: PipelineError) => {
    assert.equal(error.code, 'DEVICE_LOST');
    assert.match(error.message, /exit code 7 during a label job.*first word \| last word/);
    assert.deepEqual(error.evidence, { job: 'label', exitCode: 7, signal: null, stderr: ['first word', 'last word'] });
    return true;
  });
  assert.deepEqual(lines, ['first word', 'last word']);
});

test('a child that is killed is DEVICE_LOST, with the signal', async (t) => {
  await assert.rejects(fakeDevice(t).run(job('killed')), { code: 'DEVICE_LOST', message: /killed by SIGKILL.*memory/ });
});

test('a child that is killed while the system kills for lack of memory is OUT_OF_MEMORY', async (t) => {
  let kills = 3;
  await assert.rejects(fakeDevice(t, { memoryKills: () => kills++ }).run(job('killed')), { code: 'OUT_OF_MEMORY', message: /smaller batch/ });
});

test('a child without progress is killed and DEVICE_STALLED', async (t) => {
  const device = fakeDevice(t, { stallMs: 400 });
  let pid: number | undefined;
  await assert.rejects(device.run(job('hang'), { onProgress: () => (pid = device.pid) }), { code: 'DEVICE_STALLED', message: /0\.4 s/ });
  assert.equal(isAlive(pid!), false);
});

for (const failing of ['fail', 'die', 'killed']) {
  test(`after "${failing}" the next job has a fresh child`, async (t) => {
    const device = fakeDevice(t);
    const before = (await device.run(job('answer'))).meta['pid'];
    await assert.rejects(device.run(job(failing)));
    const after = (await device.run(job('answer'))).meta['pid'];
    assert.notEqual(after, before);
  });
}

test('an abort stops the job, and says where it stopped', async (t) => {
  const stop = new AbortController();
  const running = fakeDevice(t).run(job('stoppable'), { signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(running, (error: JobAborted) => {
    assert.equal(error.name, 'AbortError');
    assert.deepEqual(error.progress, { step: 2, of: 9, checkpoint: 2 });
    return true;
  });
});

test('a child that does not stop when asked is killed', async (t) => {
  const stop = new AbortController();
  const device = fakeDevice(t, { killAfterMs: 50 });
  let pid: number | undefined;
  const onProgress = () => {
    pid = device.pid;
    stop.abort();
  };
  await assert.rejects(device.run(job('deaf'), { signal: stop.signal, onProgress }), { name: 'AbortError', progress: null });
  assert.equal(isAlive(pid!), false);
});

test('a job that is aborted before its turn never starts', async (t) => {
  await assert.rejects(fakeDevice(t).run(job('answer'), { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('closing aborts the running job and ends the child', async (t) => {
  const device = fakeDevice(t);
  let pid: number | undefined;
  const running = device.run(job('stoppable'), {
    onProgress: () => {
      pid = device.pid;
      void device.close();
    },
  });
  await assert.rejects(running, { name: 'AbortError' });
  await device.close();
  assert.equal(isAlive(pid!), false);
  assert.equal(device.pid, undefined);
});

test('a training that left the child too large gets the next job a fresh one', async (t) => {
  for (const [recycleAboveBytes, isFresh] of [
    [999, true],
    [1001, false],
  ] as const) {
    const device = fakeDevice(t, { recycleAboveBytes });
    const before = (await device.run({ ...job('answer'), kind: 'train' } as never)).meta['pid'];
    const after = (await device.run(job('answer'))).meta['pid'];
    assert.equal(after !== before, isFresh);
  }
});

function fakeDevice(t: TestContext, options: Partial<DeviceOptions> = {}): Device {
  const device = createDevice({
    node: process.execPath,
    environment: {},
    processor: 'test',
    stallMs: 30_000,
    killAfterMs: 30_000,
    log: () => undefined,
    entry: new URL('./fake-child.mjs', import.meta.url),
    ...options,
  });
  t.after(() => device.close());
  return device;
}

function job(model: string): LabelJob {
  return { kind: 'label', model, dataset: '', from: 0, to: 1, labelling: { labels: 'soft', temperature: 1, batch: 1, shard: 1 }, output: '' };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
