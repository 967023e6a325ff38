import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';

/**
 * The pool's true labels, id → index into the data set's classes, chunk by chunk in the order of the pool: a measure of the
 * pseudo-labels, and nothing that trains or labels may read it. Images of a class that the data set does not have are not in it.
 * `folder` is that of the `hidden-labels` artifact. Throws ARTIFACT_MISSING.
 */
export async function* readHiddenLabels(folder: string): AsyncGenerator<ReadonlyMap<string, number>> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => /^hidden-\d+\.jsonl$/.test(name)).sort();
  if (files.length === 0) throw new PipelineError('ARTIFACT_MISSING', `${folder} has no hidden-00000.jsonl, so it holds no hidden labels`);
  for (const file of files) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').filter((line) => line !== '');
    yield new Map(lines.map((line) => JSON.parse(line) as { id: string; label: number }).map(({ id, label }) => [id, label]));
  }
}
