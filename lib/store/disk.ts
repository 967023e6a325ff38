import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';

/** Does work that writes under `place`; a disk without space left becomes DISK_FULL. */
export async function orDiskFull<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFull = isErrno(error, 'ENOSPC', 'EDQUOT') || (error instanceof Error && /\bNo space left on device\b/.test(error.message)); // TensorFlow's words
    if (!isFull) throw error;
    throw new PipelineError('DISK_FULL', `${place}: the disk has no space left · make room (noisy-student gc shows what can go) and retry`, {
      cause: error,
    });
  }
}

/** Waits until every file and folder of a tree, and the tree's own folder, is on the disk. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await sync(path);
  }
  await sync(folder);
}

/** One file or folder. A folder can be opened for reading only, and for a file that is enough. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What is asked of the disk, or undefined where the file or folder is not there. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code !== undefined && codes.includes(code);
}
