import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isErrno } from '../store/disk.js';

/*
 * The cache of Python's huggingface_hub, so that what one has downloaded the other finds:
 *   models--org--name/blobs/<digest>            bytes, named by their SHA-256 (LFS) or by their SHA-1 as a git blob
 *   models--org--name/refs/<branch or tag>      the 40 digits of the commit it named when last asked, without a newline
 *   models--org--name/snapshots/<commit>/<file> relative link to the blob
 */

export const COMMIT = /^[0-9a-f]{40}$/;

/** The folder of one model. `id` is `org/name`, already checked. */
export function modelFolder(cache: string, id: string): string {
  return join(cache, `models--${id.replace('/', '--')}`);
}

export function blobPath(model: string, digest: string): string {
  return join(model, 'blobs', digest);
}

export function snapshotFolder(model: string, commit: string): string {
  return join(model, 'snapshots', commit);
}

/** The commit that a revision means as far as the cache knows, or undefined where it knows none or lacks one of the files. */
export async function cachedCommit(model: string, revision: string, files: readonly string[]): Promise<string | undefined> {
  const commit = COMMIT.test(revision) ? revision : await readReference(model, revision);
  if (commit === undefined) return undefined;
  return (await missingFiles(model, commit, files)).length === 0 ? commit : undefined;
}

export async function missingFiles(model: string, commit: string, files: readonly string[]): Promise<readonly string[]> {
  const present = await Promise.all(files.map((file) => isFile(join(snapshotFolder(model, commit), file))));
  return files.filter((_, index) => !present[index]);
}

export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false; // also a link to nothing
    throw error;
  }
}

/** Puts a blob into a snapshot, in one indivisible act. */
export async function linkBlob(model: string, commit: string, file: string, digest: string): Promise<void> {
  const path = join(snapshotFolder(model, commit), file);
  const blob = blobPath(model, digest);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await symlink(relative(dirname(path), blob), unfinished);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOSYS', 'ENOTSUP')) throw error;
    await link(blob, unfinished); // Windows without the right to make symbolic links
  }
  await rename(unfinished, path);
}

/** Keeps which commit a branch or tag names. A cache that cannot be written stays as it is: nothing that was asked for fails by that. */
export async function writeReference(model: string, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await readReference(model, revision)) === commit) return;
  const path = join(model, 'refs', revision);
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, commit);
    await rename(unfinished, path);
  } catch (error) {
    if (!isErrno(error, 'EROFS', 'EACCES', 'EPERM')) throw error;
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

async function readReference(model: string, revision: string): Promise<string | undefined> {
  try {
    const commit = (await readFile(join(model, 'refs', revision), 'utf8')).trim();
    return COMMIT.test(commit) ? commit : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}
