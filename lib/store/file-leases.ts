import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, readIfThere } from './disk.js';
import type { LeaseMarks } from './lease.js';

/** Marks as files `<folder>/<key>/<number>.json`. None is there without its whole text, also on a full disk or after a kill. */
export function fileLeases(folder: string): LeaseMarks {
  const placeOf = (key: string) => join(folder, key);
  const fileOf = (key: string, number: number) => join(placeOf(key), `${number}.json`);

  /** Writes the text beside, and then gives it its name. */
  async function putBy<T>(key: string, text: string, name: (half: string) => Promise<T>): Promise<T> {
    const half = join(placeOf(key), `.unfinished-${randomUUID()}`);
    try {
      await writeFile(half, text);
      return await name(half);
    } finally {
      await rm(half, { force: true });
    }
  }

  async function numbers(key: string): Promise<number[]> {
    const names = await readdir(placeOf(key)).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    });
    return names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  }

  async function create(key: string, number: number, text: string): Promise<boolean> {
    await mkdir(placeOf(key), { recursive: true });
    try {
      await putBy(key, text, (half) => link(half, fileOf(key, number)));
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      if (isErrno(error, 'ENOENT')) return create(key, number, text); // the last mark was removed, and the folder with it
      throw error;
    }
  }

  return {
    numbers,
    create,
    read: (key, number) => readIfThere(fileOf(key, number)),
    async replace(key, number, text) {
      if ((await readIfThere(fileOf(key, number))) === undefined) return;
      await putBy(key, text, (half) => rename(half, fileOf(key, number)));
      if (Math.max(...(await numbers(key))) > number) await rm(fileOf(key, number), { force: true }); // it was removed at this very moment
    },
    async remove(key, number) {
      await rm(fileOf(key, number), { force: true });
      await rmdir(placeOf(key)).catch(() => undefined); // another mark is in it
    },
  };
}
