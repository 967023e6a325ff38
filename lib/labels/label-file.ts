import { DuckDBDataChunk, FLOAT, LIST, listValue, UINTEGER, USMALLINT, VARCHAR, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { parquetOptions, text } from './database.js';

/** Pseudo-labels of consecutive pool images. */
export interface LabelRows {
  /** Pool position of the first row. */
  readonly from: number;
  readonly ids: readonly string[];
  /** [n] */
  readonly labels: Uint16Array;
  /** [n], 0…1 */
  readonly confidences: Float32Array;
  /** [n, classes] */
  readonly probabilities: Float32Array;
}

/**
 * `labels.parquet`: one row per pool image, sorted by position. Columns: position UINTEGER, id VARCHAR, label
 * USMALLINT (top-1 class), confidence FLOAT (its probability), probabilities FLOAT[] (the target).
 */
export class LabelFile {
  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly appender: DuckDBAppender,
    private readonly classes: number,
  ) {}

  static async create(connection: DuckDBConnection, classes: number): Promise<LabelFile> {
    await connection.run('CREATE TABLE labels (position UINTEGER, id VARCHAR, label USMALLINT, confidence FLOAT, probabilities FLOAT[])');
    return new LabelFile(connection, await connection.createAppender('labels'), classes);
  }

  append(rows: LabelRows): void {
    for (let start = 0; start < rows.ids.length; start += CHUNK_ROWS) {
      this.appender.appendDataChunk(this.chunk(rows, start, Math.min(start + CHUNK_ROWS, rows.ids.length)));
    }
  }

  async write(path: string): Promise<void> {
    this.appender.closeSync();
    await this.connection.run(`COPY (SELECT * FROM labels ORDER BY position) TO ${text(path)} ${parquetOptions(this.classes)}`);
  }

  private chunk(rows: LabelRows, start: number, end: number): DuckDBDataChunk {
    const chunk = DuckDBDataChunk.create([UINTEGER, VARCHAR, USMALLINT, FLOAT, LIST(FLOAT)]);
    const indices = Array.from({ length: end - start }, (_, i) => start + i);
    chunk.setColumns([
      indices.map((i) => rows.from + i),
      rows.ids.slice(start, end),
      [...rows.labels.subarray(start, end)],
      [...rows.confidences.subarray(start, end)],
      indices.map((i) => listValue([...rows.probabilities.subarray(i * this.classes, (i + 1) * this.classes)])),
    ]);
    return chunk;
  }
}

/** DuckDB's vector size: no chunk holds more rows. */
const CHUNK_ROWS = 2048;
