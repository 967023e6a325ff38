import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, readIfThere } from './disk.js';
import type { LeaseMarks } from './lease.js';

/** Marks as files `<folder>/<key>/<number>.json`. */
export function fileLeases(folder: string): LeaseMarks {
  const placeOf = (key: string) => join(folder, key);
  const fileOf = (key: string, number: number) => join(placeOf(key), `${number}.json`);

  async function create(key: string, number: number, text: string): Promise<boolean> {
    await mkdir(placeOf(key), { recursive: true });
    try {
      const file = await open(fileOf(key, number), 'wx');
      await file.writeFile(text).finally(() => file.close());
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      if (isErrno(error, 'ENOENT')) return create(key, number, text); // the last mark was given back, and the folder with it
      throw error;
    }
  }

  return {
    create,
    async numbers(key) {
      const names = await readdir(placeOf(key)).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return [];
        throw error;
      });
      return names.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
    },
    read: (key, number) => readIfThere(fileOf(key, number)),
    async replace(key, number, text) {
      if ((await readIfThere(fileOf(key, number))) === undefined) return;
      const half = join(placeOf(key), `.unfinished-${number}`); // of its holder, who is one
      await writeFile(half, text);
      await rename(half, fileOf(key, number));
    },
    async remove(key, number) {
      await rm(fileOf(key, number), { force: true });
      await rmdir(placeOf(key)).catch(() => undefined); // another mark is in it
    },
  };
}
