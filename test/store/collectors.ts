import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findGarbage, removeGarbage } from '../../lib/store/collect.js';
import { NOTHING_IS_YOUNG, openAddress, type StoreAddress } from './publisher.js';

/**
 * Processes that work and processes that collect, on one store, with no time in which anything is too young: what is not used at the moment
 * goes. Each of the collectors is killed `kills` times, at some moment after it has taken a few.
 */
export function checkCollectors(name: string, newPlace: () => Promise<() => Promise<StoreAddress>>, kills: number): void {
  test(`${name}: runs that find, publish and read while two gc take what is unused, and are killed ${kills} times each, lose nothing`, async () => {
    const address = await newPlace();
    const workers = await Promise.all([1, 2, 3].map(async () => start('work', await address())));
    const taken = await Promise.all([1, 2].map(async () => killedAgainAndAgain(await address(), kills)));
    for (const { child } of workers) child.stdin!.end();
    const found = await Promise.all(workers.map(async (worker) => ({ code: await worker.ended, said: worker.said() })));
    for (const { code } of found) assert.equal(code, 0);
    const worked = found.map(({ said }) => JSON.parse(said) as { reused: number; published: number });
    const sum = (of: 'reused' | 'published') => worked.reduce((total, each) => total + each[of], 0);
    assert.ok(sum('reused') > 0, 'nothing was found again, so gc never met a reader');
    assert.ok(sum('published') >= taken[0]! + taken[1]!, `more was taken (${taken.join(' + ')}) than was published (${sum('published')})`);

    const store = openAddress(await address());
    for await (const garbage of findGarbage(store, { olderThanMs: NOTHING_IS_YOUNG })) await removeGarbage(store, garbage);
    for await (const artifact of store.artifacts()) assert.fail(`${artifact.key} stays, though nobody uses it`);
    for await (const leftover of store.leftovers()) assert.fail(`${leftover.name} was left`);
  });
}

/** Enough to meet, over all kills, runs that come in between. */
const TAKEN_BEFORE_KILL = 25;

/** How many artifacts they took altogether. */
async function killedAgainAndAgain(address: StoreAddress, kills: number): Promise<number> {
  let taken = 0;
  for (let i = 0; i < kills; i++) {
    const { child, ended, said } = start('collect', address);
    while (said().split('\n').length <= TAKEN_BEFORE_KILL) await Promise.race([new Promise((resolve) => child.stdout!.once('data', resolve)), ended]);
    await delay(i % 10); // at various moments of the next removals
    child.kill('SIGKILL');
    await ended;
    taken += said().split('\n').length - 1;
  }
  return taken;
}

function start(role: 'work' | 'collect', address: StoreAddress): { child: ChildProcess; ended: Promise<number | null>; said(): string } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'publisher.ts'), role, JSON.stringify(address)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, said: () => text, ended: new Promise((resolve) => child.once('close', resolve)) };
}
