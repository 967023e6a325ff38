import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { inOrder } from './in-order.js';
import type { Work } from './source.js';

/** Name of a part and its content's SHA-256, or why it has none. */
export type FingerprintPart = readonly [name: string, content: string];

/** SHA-256 over the parts in the order given. */
export function fingerprintOf(parts: Iterable<FingerprintPart>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${JSON.stringify(part)}\n`);
  return hash.digest('hex');
}

/** The parts of many files, several read at once. `fault` turns an error into a content, or throws it. */
export async function fingerprintFiles(
  files: readonly { readonly path: string; readonly origin: string }[],
  fault: (error: unknown) => string,
  { threads = availableParallelism(), signal, onProgress }: Work = {},
): Promise<FingerprintPart[]> {
  const parts: FingerprintPart[] = [];
  const hashed = inOrder(files, threads, async ({ path, origin }): Promise<FingerprintPart> => [path, await hashFile(origin).catch(fault)]);
  for (const next of hashed) {
    const part = await next;
    signal?.throwIfAborted();
    parts.push(part);
    onProgress?.({ step: parts.length, of: files.length });
  }
  return parts;
}

const BLOCK_BYTES = 1 << 18;

/** Hex SHA-256 of a file, in one block of memory. */
async function hashFile(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
