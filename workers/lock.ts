import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.js';

/**
 * Runs `work` while nobody else holds the lock. The file holds its holder's process id, so that the lock of a killed
 * process is free; linking a complete file into place makes taking it one indivisible act.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
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
  if (await isOrphaned(file)) await removeOrphan(file);
  return false;
}

/** Two may find the same orphan, and the slower one then moves the lock of the faster: it gives that back. */
async function removeOrphan(file: string): Promise<void> {
  const moved = `${file}.${randomUUID()}`;
  try {
    await rename(file, moved);
    if (!(await isOrphaned(moved))) await link(moved, file);
  } catch {
    // It was free already, or is taken again.
  } finally {
    await rm(moved, { force: true });
  }
}

async function isOrphaned(file: string): Promise<boolean> {
  const holder = Number(await readFile(file, 'utf8').catch(() => 'gone'));
  return Number.isInteger(holder) && holder > 0 && !isAlive(holder);
}
