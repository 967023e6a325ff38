import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBListVector } from '@duckdb/node-api';
import { type DuckDBConnection, type DuckDBDataChunk, type DuckDBVector } from '@duckdb/node-api';
import { PipelineError } from '../errors.js';
import { parquet, query, withDatabase, type Row } from './database.js';

/** A selection as the training reads it: one entry per chosen image, sorted by pool position. */
export interface Selection {
  /** [images] of the pool */
  readonly positions: Uint32Array;
  /** [images], top-1 class */
  readonly labels: Uint16Array;
  /** [images], how often an image is in one pass, at least 1 */
  readonly copies: Uint32Array;
  /** [images, classes], each row a distribution */
  readonly targets: Float32Array;
}

/**
 * Reads `selection.parquet` of a `select` artifact in chunks of DuckDB's vectors; what stays in memory are the
 * arrays, 10 + 4 · classes bytes per image.
 */
export async function readSelection(folder: string): Promise<Selection> {
  const path = join(folder, 'selection.parquet');
  await access(path).catch(() => {
    throw new PipelineError('ARTIFACT_MISSING', `${path} does not exist · run again: the selection is made anew`);
  });
  return withDatabase(null, async (connection) => {
    const selection = await allocate(connection, path);
    const result = await connection.stream(`SELECT position, label, copies, target FROM ${parquet([path])}`);
    let row = 0;
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      copyRows(chunk, selection, row);
      row += chunk.rowCount;
    }
    return selection;
  });
}

async function allocate(connection: DuckDBConnection, path: string): Promise<Selection> {
  const [shape] = await query<Row & { rows: number; narrowest: number; widest: number }>(
    connection,
    `SELECT count(*) AS rows, coalesce(min(len(target)), 0) AS narrowest, coalesce(max(len(target)), 0) AS widest FROM ${parquet([path])}`,
  );
  const { rows = 0, narrowest = 0, widest = 0 } = shape ?? {};
  if (narrowest !== widest) throw new PipelineError('ARTIFACT_CORRUPT', `${path} has targets of ${narrowest} and of ${widest} classes`);
  return { positions: new Uint32Array(rows), labels: new Uint16Array(rows), copies: new Uint32Array(rows), targets: new Float32Array(rows * widest) };
}

/** Fills the arrays from entry `from` on. */
function copyRows(chunk: DuckDBDataChunk, { positions, labels, copies, targets }: Selection, from: number): void {
  copyNumbers(chunk.getColumnVector(0), positions, from);
  copyNumbers(chunk.getColumnVector(1), labels, from);
  copyNumbers(chunk.getColumnVector(2), copies, from);
  const lists = chunk.getColumnVector(3) as DuckDBListVector;
  const classes = lists.itemCount === 0 ? 0 : lists.getEntryLength(0);
  for (let i = 0; i < chunk.rowCount; i++) {
    const start = lists.getEntryOffset(i);
    for (let c = 0; c < classes; c++) targets[(from + i) * classes + c] = lists.childVector.getItem(start + c) as number;
  }
}

function copyNumbers(vector: DuckDBVector, into: Uint32Array | Uint16Array, from: number): void {
  for (let i = 0; i < vector.itemCount; i++) into[from + i] = vector.getItem(i) as number;
}
