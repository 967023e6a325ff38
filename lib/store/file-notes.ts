import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifThere, sync } from './disk.js';
import type { Notes } from './notes.js';

/** Notes as files under `root`. They are on the disk when `put` returns: a run may pause for weeks on the strength of one. */
export function fileNotes(root: string): Notes {
  const half = async () => {
    await mkdir(join(root, HALVES), { recursive: true });
    return join(root, HALVES, randomUUID());
  };
  return {
    async put(name, text) {
      const [path, unfinished] = [join(root, name), await half()];
      try {
        await writeFile(unfinished, text);
        await sync(unfinished);
        await mkdir(dirname(path), { recursive: true });
        await rename(unfinished, path);
        await sync(dirname(path));
      } finally {
        await rm(unfinished, { force: true });
      }
    },
    get: (name) => ifThere(readFile(join(root, name), 'utf8')),
    async *list(folder) {
      for (const name of (await ifThere(readdir(join(root, folder)))) ?? []) {
        const status = await ifThere(stat(join(root, folder, name)));
        if (status?.isFile()) yield { name: `${folder}${name}`, changedAt: status.mtimeMs };
      }
    },
    remove: (name) => rm(join(root, name), { force: true }),
    async now() {
      const path = await half();
      try {
        await writeFile(path, ''); // empty: there may be no space left
        return (await stat(path)).mtimeMs;
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

const HALVES = '.unfinished';
