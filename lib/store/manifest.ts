import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ManifestFile, Phase } from './store.js';

/** The commit point of an artifact: a folder without it, or one that does not match it, is not an artifact. */
export const MANIFEST = 'manifest.json';

/** Lists every file of a folder with its size in bytes and its SHA-256, sorted by path. */
export async function describeFiles(folder: string): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of await filesIn(folder)) {
    const file = join(folder, path);
    files.push({ path, bytes: (await stat(file)).size, sha256: await sha256Of(file) });
  }
  return files;
}

/** SHA-256 over the names, sizes and SHA-256 of all files. Neither order nor `meta` has a part in it. */
export function digestOf(files: readonly ManifestFile[]): string {
  const hash = createHash('sha256');
  for (const { path, bytes, sha256 } of [...files].sort(byPath)) {
    hash.update(`${path}\0${bytes}\0${sha256}\n`);
  }
  return hash.digest('hex');
}

/** The manifest in a text, or undefined if it is torn, speaks of another artifact, or contradicts itself. */
export function parseManifest(text: string, phase: Phase, key: string): Manifest | undefined {
  let found: Partial<Manifest> | null;
  try {
    found = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    return undefined;
  }
  if (found?.phase !== phase || found.key !== key || !Array.isArray(found.files) || typeof found.meta !== 'object') return undefined;
  return found.digest === digestOf(found.files) ? (found as Manifest) : undefined;
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Relative paths with '/', sorted, without the manifest. A link is refused: what it points at could change later. */
async function filesIn(folder: string, prefix = ''): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (path === MANIFEST) continue;
    if (entry.isDirectory()) paths.push(...(await filesIn(join(folder, entry.name), `${path}/`)));
    else if (entry.isFile()) paths.push(path);
    else throw new Error(`${join(folder, entry.name)} is not a plain file, and an artifact holds plain files only`);
  }
  return paths.sort();
}

function byPath(a: ManifestFile, b: ManifestFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
