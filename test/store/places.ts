import { createHash } from 'node:crypto';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../lib/store/manifest.js';
import type { Manifest } from '../../lib/store/store.js';

/** The n-th of many small artifacts. */
export function planted(n: number): { readonly manifest: Manifest; readonly content: string } {
  const content = String(n % 10);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const files = [{ path: 'x', bytes: 1, sha256: sha256(content) }];
  return { content, manifest: { phase: 'label', key: sha256(`planted ${n}`), digest: digestOf(files), files, meta: { seconds: 1 } } };
}

/** Makes a folder and all below it a month old. */
export function backdate(folder: string): void {
  const then = Date.now() / 1000 - 30 * 86_400;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) utimesSync(join(folder, entry), then, then);
}
