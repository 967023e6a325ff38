import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { query, parquet, withDatabase, type Row } from '../../lib/labels/database.js';
import { LabelFile } from '../../lib/labels/label-file.js';
import type { SelectionSpec } from '../../lib/spec/resolved.js';
import { selectLabels } from '../../lib/labels/select.js';
import type { SelectInput } from '../../lib/labels/select-input.js';

/** One image of a made-up pool. */
export interface PoolImage {
  readonly label: number;
  readonly confidence: number;
  readonly probabilities?: readonly number[];
}

export const CLASSES = ['bag', 'coat', 'shirt'] as const;

export const SELECTION: SelectionSpec = { confidence: 0.5, perClass: 4, balance: 'duplicate' };

export async function temporaryFolder(t?: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'noisy-student-labels-'));
  t?.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the pool as shards that end before the given positions, and returns their paths. */
export async function writeShards(
  folder: string,
  pool: readonly PoolImage[],
  ends: readonly number[] = [],
  classes: number = CLASSES.length,
): Promise<string[]> {
  const edges = [0, ...ends, pool.length];
  const paths: string[] = [];
  for (const [i, from] of edges.slice(0, -1).entries()) {
    const path = join(folder, `shard-${paths.length}-${ends.join('-')}.parquet`);
    await withDatabase(null, async (connection) => {
      const file = await LabelFile.create(connection, classes);
      file.append(rowsOf(pool.slice(from, edges[i + 1]), from, classes));
      await file.write(path);
    });
    paths.push(path);
  }
  return paths;
}

/** Hidden labels as the `hidden-labels` artifact holds them. */
export async function writeHidden(folder: string, truth: readonly number[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const lines = truth.map((label, position) => JSON.stringify({ id: idOf(position), label }));
  await writeFile(join(folder, 'hidden-00000.jsonl'), `${lines.join('\n')}\n`);
  return folder;
}

export type Chosen = Row & { readonly position: number; readonly id: string; readonly label: number; readonly confidence: number; readonly copies: number };

/** Runs a selection into a fresh folder below `folder`. */
export async function runSelection(folder: string, shards: readonly string[], overrides: Partial<SelectInput> = {}) {
  const output = await mkdtemp(join(folder, 'selection-'));
  const statistics = await selectLabels({
    shards,
    previous: null,
    classes: CLASSES,
    selection: SELECTION,
    seed: 1,
    generation: 1,
    hidden: null,
    output,
    ...overrides,
  });
  const path = join(output, 'selection.parquet');
  const rows = await withDatabase(null, (connection) => query<Chosen>(connection, `SELECT position, id, label, confidence, copies FROM ${parquet([path])}`));
  return { output, statistics, rows, sha256: await sha256(path) };
}

export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

export function idOf(position: number): string {
  return `pool/${position}`;
}

function rowsOf(images: readonly PoolImage[], from: number, classes: number) {
  return {
    from,
    ids: images.map((_, i) => idOf(from + i)),
    labels: Uint16Array.from(images, ({ label }) => label),
    confidences: Float32Array.from(images, ({ confidence }) => confidence),
    probabilities: Float32Array.from(images.flatMap((image) => image.probabilities ?? distribution(image, classes))),
  };
}

/** The confidence on the label, the rest spread evenly. */
function distribution({ label, confidence }: PoolImage, classes: number): number[] {
  return Array.from({ length: classes }, (_, c) => (c === label ? confidence : (1 - confidence) / (classes - 1)));
}
