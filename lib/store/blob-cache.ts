import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from './disk.js';
import { sha256Of } from './manifest.js';
import type { ManifestFile } from './store.js';

export interface BlobCacheOptions {
  /** Files that nobody has opened lately are removed above it, the longest unused first. */
  readonly mostBytes: number;
  /** So long after it was opened a folder may still be read: as long as an attempt may take. Milliseconds. */
  readonly keepMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Copies of stored files on this machine, named by their SHA-256, for any number of processes. */
export interface BlobCache {
  /** The path of a verified copy; `fill` writes a new one, and says whether it could. Undefined where it could not, or filled it with other bytes. */
  hold(file: ManifestFile, fill: (path: string) => Promise<boolean>): Promise<string | undefined>;
  /** Takes a file of ours over: it is a link of the copy from now on. */
  adopt(path: string, file: ManifestFile): Promise<void>;
  /** A folder of verified copies, at their paths; the same one each time. */
  assemble(digest: string, copies: readonly { readonly path: string; readonly copy: string }[]): Promise<string>;
  /** Removes what is above the bound. */
  trim(): Promise<void>;
}

/** `blobs/<sha256>` and `opened/<digest>/` under a root; a file in both is one on the disk. */
export function createBlobCache(root: string, { mostBytes, keepMs, now }: BlobCacheOptions): BlobCache {
  const verified = new Map<string, string>();
  const blob = (sha256: string) => join(root, 'blobs', sha256);
  const opened = (digest: string) => join(root, 'opened', digest);
  const temporary = async () => {
    await mkdir(join(root, 'temporary'), { recursive: true });
    return join(root, 'temporary', randomUUID());
  };
  const touch = async (path: string) => utimes(path, now() / 1000, now() / 1000).catch(ignoreMissing);

  /** A file of unchanged size, time and inode is not read again by this process. */
  async function isRight(path: string, { bytes, sha256 }: ManifestFile): Promise<boolean> {
    const status = await stat(path, { bigint: true }).catch(ignoreMissing);
    if (!status || status.size !== BigInt(bytes)) return false;
    const look = `${status.mtimeNs} ${status.ino} ${sha256}`;
    if (verified.get(path) === look) return true;
    if ((await sha256Of(path)) !== sha256) return false;
    verified.set(path, look);
    return true;
  }

  return {
    async hold(file, fill) {
      const path = blob(file.sha256);
      if (await isRight(path, file)) return path;
      const half = await temporary();
      try {
        if (!(await fill(half)) || !(await isRight(half, file))) return undefined;
        await mkdir(dirname(path), { recursive: true });
        await rename(half, path);
        verified.delete(half);
        return (await isRight(path, file)) ? path : undefined;
      } finally {
        await rm(half, { force: true });
      }
    },

    async adopt(path, file) {
      const copy = blob(file.sha256);
      if (await isRight(copy, file)) return;
      await mkdir(dirname(copy), { recursive: true });
      await rename(path, copy);
    },

    async assemble(digest, copies) {
      const folder = opened(digest);
      const isWhole = async () => {
        const same = await Promise.all(copies.map(async ({ path, copy }) => (await inodeOf(join(folder, path))) === (await inodeOf(copy))));
        return same.every(Boolean);
      };
      if (!(await isWhole())) {
        const half = await temporary();
        await mkdir(half);
        for (const { path, copy } of copies) {
          await mkdir(dirname(join(half, path)), { recursive: true });
          await link(copy, join(half, path));
        }
        await mkdir(dirname(folder), { recursive: true });
        for (;;) {
          try {
            await rename(half, folder);
            break;
          } catch (error) {
            if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
            if (await isWhole()) break; // another process was first
            await rename(folder, await temporary()).catch(ignoreMissing); // who reads the old one goes on reading it
          }
        }
        await rm(half, { recursive: true, force: true });
      }
      await touch(folder);
      return folder;
    },

    async trim() {
      const before = now() - keepMs;
      for (const folder of ['opened', 'temporary']) {
        for (const { path, mtimeMs } of await entriesOf(join(root, folder))) if (mtimeMs < before) await rm(path, { recursive: true, force: true });
      }
      const blobs = (await entriesOf(join(root, 'blobs'))).sort((a, b) => a.mtimeMs - b.mtimeMs);
      let bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      for (const { path, size, nlink } of blobs) {
        if (bytes <= mostBytes) return;
        if (nlink > 1) continue; // some folder has it opened
        await rm(path, { force: true });
        verified.delete(path);
        bytes -= size;
      }
    },
  };
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.ino;
}

async function entriesOf(folder: string): Promise<{ readonly path: string; readonly size: number; readonly mtimeMs: number; readonly nlink: number }[]> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const entries = await Promise.all(
    names.map(async (name) => {
      const status = await stat(join(folder, name)).catch(ignoreMissing);
      return status && { path: join(folder, name), size: status.size, mtimeMs: status.mtimeMs, nlink: status.nlink };
    }),
  );
  return entries.flatMap((entry) => entry ?? []);
}

function ignoreMissing(error: unknown): undefined {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
  throw error;
}
