import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { checkpointSteps } from '../../lib/store/disk.js';
import { descendants } from '../../scripts/processes.js';
import { isAlive } from '../../workers/processes.js';
import { noServer } from '../workflows/server.js';
import { ALONE, finished, firstLine, useSmallRun, weightsOf } from './small-run.js';

const small = useSmallRun();

// 15 seconds of it are the missed heartbeats. `npm run chaos` freezes the others: the device, the server, the command.
test(
  'a worker that sleeps through a training, whose device goes on: another one trains to the same weights, and when it wakes up it ends its attempt and changes nothing',
  { skip: noServer },
  async () => {
    const { folder, start } = small;
    const calm = finished(start(['run', 'spec.yaml', '--json'], 'calm')).then(weightsOf);
    const { address } = JSON.parse(await firstLine(start(['server', '--json'], 'home'))) as { address: string };
    const environment = { ...ALONE, TEMPORAL_ADDRESS: address };
    const sleeper = start(['worker'], 'home', environment);
    const run = start(['run', 'spec.yaml', '--json'], 'home', environment);
    const store = join(folder, 'home', 'store');
    await firstCheckpoint(join(store, 'checkpoints'));

    const processes = [{ pid: sleeper.pid!, command: 'worker' }, ...descendants(sleeper.pid!)];
    const device = processes.find(({ command }) => command.includes('noisy-student device'))!;
    const asleep = processes.filter((each) => each !== device);
    for (const { pid } of asleep) process.kill(pid, 'SIGSTOP');
    start(['worker'], 'home', environment);
    assert.deepEqual(weightsOf(await finished(run)), await calm);

    const before = await tree(store);
    for (const { pid } of asleep) process.kill(pid, 'SIGCONT');
    while (isAlive(device.pid)) await delay(20);
    sleeper.kill('SIGTERM');
    assert.deepEqual(await once(sleeper, 'close'), [0, null]);
    assert.deepEqual(await tree(store), before);
  },
);

async function firstCheckpoint(checkpoints: string): Promise<void> {
  for (;;) {
    for (const key of await readdir(checkpoints).catch(() => [])) if ((await checkpointSteps(join(checkpoints, key))).length > 0) return;
    await delay(20);
  }
}

/** Path, size and time of everything under a folder. */
async function tree(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const lines = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
}
