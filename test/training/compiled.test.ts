import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { createDevice } from '../../lib/device/process.js';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';
import { tinyFolder, tinyJob } from './tiny.js';

let folder: string;
before(async () => void (folder = await tinyFolder({ size: 28, classes: 3, labelled: 60, pool: 120 })));
after(() => rm(folder, { recursive: true }));

test('over 200 steps the losses of compiled training leave those of eager training by no more than eager ones by other thread counts leave each other', async (t) => {
  const compiled = await lossesOf(t, 'compiled', { intraOp: 1, eager: false });
  const eager: number[][] = [];
  for (const intraOp of [1, 2, 4]) eager.push(await lossesOf(t, `eager ${intraOp}`, { intraOp, eager: true }));
  const [one, two, four] = eager as [number[], number[], number[]];
  const spread = Math.max(rootMeanSquare(one, two), rootMeanSquare(one, four), rootMeanSquare(two, four));
  const gap = rootMeanSquare(compiled, one);
  t.diagnostic(`eager by 1, 2 and 4 threads: up to ${spread}; compiled and eager: ${gap}`);
  assert.equal(compiled.length, 200);
  assert.ok(spread > 0, 'other thread counts add in other orders');
  assert.ok(gap <= spread, `${gap} is more than ${spread}`);
});

/** Of every step, from a process of its own. */
async function lossesOf(t: TestContext, run: string, { intraOp, eager }: { intraOp: number; eager: boolean }): Promise<number[]> {
  const environment = { ...process.env, ...tensorFlowEnvironment({ intraOp, interOp: 2 }), ...(eager && { NOISY_STUDENT_EAGER: '1' }) } as Record<
    string,
    string
  >;
  const device = createDevice({ node: process.execPath, environment, processor: 'test', stallMs: 120_000, killAfterMs: 120_000, log: () => undefined });
  t.after(() => device.close());
  const job = await tinyJob(folder, run, { steps: 200, checkpointEvery: 200, logEvery: 1 });
  await device.run(job);
  const rows = (await readFile(join(job.output, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return rows.map((row) => (JSON.parse(row) as { loss: number }).loss);
}

function rootMeanSquare(some: readonly number[], others: readonly number[]): number {
  return Math.sqrt(some.reduce((sum, value, i) => sum + (value - others[i]!) ** 2, 0) / some.length);
}
