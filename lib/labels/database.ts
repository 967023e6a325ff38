import { rm } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { PipelineError, type ErrorCode } from '../errors.js';

export type Row = Readonly<Record<string, number | string | null>>;

/**
 * Opens a DuckDB that works within `memory` and puts what does not fit into the folder `spill`, which is removed
 * at the end; null where nothing but a scan is asked. One thread: the order of rows, and with it every byte that is written, is then the same each time.
 */
export async function withDatabase<T>(spill: string | null, work: (connection: DuckDBConnection) => Promise<T>, memory = '1GB'): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: memory,
    temp_directory: spill ?? '',
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false', // Parquet and JSON are built in; nothing else may be fetched
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } catch (error) {
    throw translate(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
    if (spill !== null) await rm(spill, { recursive: true, force: true });
  }
}

/** Rows of a statement that gives few; counts arrive as numbers, exact up to 2^53. */
export async function query<R extends Row>(connection: DuckDBConnection, sql: string): Promise<R[]> {
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJS();
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value])) as R);
}

/** The rows of Parquet files, in the order of the files. Folder names such as `key=value` mean nothing. */
export function parquet(paths: readonly string[]): string {
  return `read_parquet([${paths.map(text).join(', ')}], hive_partitioning = false)`;
}

/** A string as SQL spells it. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * Options of every Parquet file the project writes, fixed so that equal rows are equal bytes. A row group is
 * held in memory while it is written: at most 122,880 rows (DuckDB's own default), and about 64 MB of
 * probabilities, but no fewer than the 2,048 rows of one DuckDB vector.
 */
export function parquetOptions(classes: number): string {
  const vectors = Math.min(60, Math.max(1, Math.floor(8192 / classes)));
  // Probabilities hardly ever repeat: looking for a dictionary of them doubles the time and saves nothing.
  return `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${vectors * 2048}, DICTIONARY_SIZE_LIMIT 1)`;
}

/** DuckDB has error classes of its own, but says what happened only in words. */
const SYMPTOMS: readonly { readonly code: ErrorCode; readonly pattern: RegExp; readonly advice: string }[] = [
  { code: 'DISK_FULL', pattern: /no space left|max_temp_directory_size|disk quota/i, advice: 'free some space and run again' },
  { code: 'OUT_OF_MEMORY', pattern: /out of memory|could not allocate/i, advice: 'run it on a machine with more memory' },
  { code: 'ARTIFACT_MISSING', pattern: /no files found|cannot open file .*no such file/i, advice: 'run again: what is missing is made anew' },
  { code: 'ARTIFACT_CORRUPT', pattern: /magic bytes|parquet|thrift|malformed json/i, advice: 'delete the artifact and run again' },
];

function translate(error: unknown): unknown {
  if (error instanceof PipelineError || !(error instanceof Error)) return error;
  const symptom = SYMPTOMS.find(({ pattern }) => pattern.test(error.message));
  if (!symptom) return error;
  const [said] = error.message.split('\n');
  return new PipelineError(symptom.code, `labels database: ${said} · ${symptom.advice}`, { cause: error });
}
