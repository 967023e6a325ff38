import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { isErrno } from '../store/disk.js';

/*
 * Unfinished downloads: `<digest>.<machine>-<process>-<thread>-<unique>.incomplete`, beside the blob. Every download has a file of
 * its own, so that two at once cannot disturb each other, and its name tells whether its owner may still write to it. The file
 * of an owner that is gone is taken over by renaming it, which only one can do.
 */
const OWNER = `${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}-${process.pid}-${threadId}`;
const inUse = new Set<string>();

/** The path of a file to go on with, which nobody else writes to: one that was left behind, or a new one. */
export async function takePartial(blob: string): Promise<string> {
  const path = join(dirname(blob), `${basename(blob)}.${OWNER}-${randomUUID().slice(0, 8)}.incomplete`);
  inUse.add(path);
  for (const orphan of await orphans(blob)) {
    try {
      await rename(orphan, path);
      return path;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error; // somebody else was faster
    }
  }
  await (await open(path, 'wx')).close();
  return path;
}

/** Its file, if it is still there, may be taken by the next download. */
export function releasePartial(path: string): void {
  inUse.delete(path);
}

/** To be called when the blob is there: nobody needs what was left of other attempts. */
export async function removeOrphans(blob: string): Promise<void> {
  for (const orphan of await orphans(blob)) await rm(orphan, { force: true });
}

async function orphans(blob: string): Promise<readonly string[]> {
  const names = await readdir(dirname(blob));
  return names
    .filter((name) => name.startsWith(`${basename(blob)}.`))
    .map((name) => join(dirname(blob), name))
    .filter(isOrphan);
}

/** Another machine's processes cannot be seen from here; neither can who writes the file of another program. */
function isOrphan(path: string): boolean {
  const [, machine, pid, thread] = /\.([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}\.incomplete$/.exec(path) ?? [];
  if (machine === undefined || !OWNER.startsWith(`${machine}-`)) return false;
  if (Number(pid) === process.pid) return Number(thread) === threadId && !inUse.has(path);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return isErrno(error, 'ESRCH');
  }
}
