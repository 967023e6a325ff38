import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.js';

/**
 * Runs `work` while no other process holds the lock. The file holds its holder's id, so that a lock whose holder
 * was killed is free; linking a complete file into place makes taking it one indivisible act.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    while (!(await take(mine, file))) await delay(100);
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function take(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number(await readFile(file, 'utf8').catch(() => 'gone'));
  if (Number.isInteger(holder) && holder > 0 && holder !== process.pid && !isAlive(holder)) await rm(file, { force: true });
  return false;
}
