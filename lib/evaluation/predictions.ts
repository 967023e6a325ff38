import { randomUUID } from 'node:crypto';
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DOUBLE, FLOAT, INTEGER, LIST, listValue, VARCHAR, type DuckDBAppender, type DuckDBType } from '@duckdb/node-api';
import { PipelineError } from '../errors.js';
import { text, withDatabase } from '../labels/database.js';
import { softmax, topK } from '../models/class-names.js';
import type { InferredBatch } from './infer-files.js';

/** What a model says about one image; shares are 0…1. */
export interface Prediction {
  readonly image: string;
  /** The most probable classes, most probable first. */
  readonly top: readonly { readonly index: number; readonly name: string; readonly probability: number }[];
  /** All of them, [classes], where they were asked for. */
  readonly logits?: Float32Array;
}

export const TABLE_FORMATS = ['csv', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** The rows of batches of logits. `names` has a name for each class, `topk` is at most their number. */
export async function* predictionsOf(
  batches: AsyncGenerator<InferredBatch>,
  { names, topk, withLogits }: { readonly names: readonly string[]; readonly topk: number; readonly withLogits: boolean },
): AsyncGenerator<Prediction> {
  const classes = names.length;
  for await (const { files, values } of batches) {
    for (const [i, image] of files.entries()) {
      const logits = values.subarray(i * classes, (i + 1) * classes);
      const top = topK(softmax(logits), topk).map(({ index, probability }) => ({ index, name: names[index]!, probability }));
      yield { image, top, ...(withLogits && { logits }) };
    }
  }
}

/** One line of machine output. */
export function toJson({ image, top, logits }: Prediction): string {
  return JSON.stringify({ image, top, ...(logits && { logits: Array.from(logits) }) });
}

/**
 * Writes one row per image: `image`, then `index_1`, `name_1`, `probability_1`, `index_2` … for each of `topk` classes, and `logits`
 * (a list of float32; in CSV as text). What does not fit into memory waits in the folder `spill`. The file appears when it is complete.
 */
export async function writePredictions(
  file: string,
  predictions: AsyncIterable<Prediction>,
  { format, topk, withLogits, spill }: { readonly format: TableFormat; readonly topk: number; readonly withLogits: boolean; readonly spill: string },
): Promise<void> {
  const columns = columnsOf(topk, withLogits);
  const unfinished = `${file}.unfinished-${randomUUID()}`;
  try {
    await withDatabase(spill, async (connection) => {
      await connection.run(`CREATE TABLE predictions (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
      const appender = await connection.createAppender('predictions');
      for await (const prediction of predictions) {
        for (const { append } of columns) append(appender, prediction);
        appender.endRow();
      }
      appender.closeSync();
      const options = format === 'csv' ? '(FORMAT csv, HEADER)' : '(FORMAT parquet, COMPRESSION zstd)';
      await connection.run(`COPY predictions TO ${text(unfinished)} ${options}`);
    });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** 255 bytes are the most for a name, and an unfinished table has a longer one. */
const LONGEST_FILE_NAME = 200;

/** Throws COMMAND_INVALID where a table of that name cannot be written: it is known before the work. */
export async function checkTable(file: string): Promise<void> {
  const refuse = (found: string) => new PipelineError('COMMAND_INVALID', `the table ${file} cannot be written: ${found} · name another file`);
  const folder = dirname(file);
  if (Buffer.byteLength(basename(file)) > LONGEST_FILE_NAME) throw refuse('its name is too long');
  const [own, around] = await Promise.all([file, folder].map((place) => stat(place).catch(() => undefined)));
  if (own && !own.isFile()) throw refuse('it is there, and is no file');
  if (!around?.isDirectory()) throw refuse(`${folder} is no folder`);
  await access(folder, constants.W_OK).catch(() => {
    throw refuse(`this user may not write into ${folder}`);
  });
}

interface Column {
  readonly name: string;
  readonly type: DuckDBType;
  append(appender: DuckDBAppender, prediction: Prediction): void;
}

function columnsOf(topk: number, withLogits: boolean): readonly Column[] {
  const ranks = Array.from({ length: topk }, (_, rank): Column[] => [
    { name: `index_${rank + 1}`, type: INTEGER, append: (appender, { top }) => appender.appendInteger(top[rank]!.index) },
    { name: `name_${rank + 1}`, type: VARCHAR, append: (appender, { top }) => appender.appendVarchar(top[rank]!.name) },
    { name: `probability_${rank + 1}`, type: DOUBLE, append: (appender, { top }) => appender.appendDouble(top[rank]!.probability) },
  ]);
  const logits: Column = {
    name: 'logits',
    type: LIST(FLOAT),
    append: (appender, prediction) => appender.appendList(listValue([...prediction.logits!]), LIST(FLOAT)),
  };
  return [{ name: 'image', type: VARCHAR, append: (appender, { image }) => appender.appendVarchar(image) }, ...ranks.flat(), ...(withLogits ? [logits] : [])];
}
