import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { PipelineError } from '../errors.js';
import { parquet, parquetOptions, query, text, withDatabase, type Row } from './database.js';
import type { SelectionSpec } from '../spec/resolved.js';
import type { SelectInput } from './select-input.js';
import type { SelectionStatistics } from './selection-statistics.js';
import { selectionStatistics } from './statistics.js';

/**
 * Chooses what of the pool a student sees: images whose confidence reaches the floor, of each class the
 * `perClass` most confident ones (ties by position), and of a class that has fewer as many copies as fill it up.
 * (Xie et al. 2020, data filtering and balancing; Google's code keeps what lies above a bin of confidences and meets the
 * quota on average, here it is met exactly.)
 *
 * Works on files of any size: what does not fit into the database's memory goes to disk. Throws DATASET_EMPTY,
 * and ARTIFACT_CORRUPT where the shards are not the labels of consecutive images.
 */
export async function selectLabels(input: SelectInput): Promise<SelectionStatistics> {
  return withDatabase(join(input.output, 'spill'), async (connection) => {
    await openPool(connection, input);
    await choose(connection, input);
    await refuseEmpty(connection, input);
    await connection.run(`COPY (${SELECTED}) TO ${text(join(input.output, 'selection.parquet'))} ${parquetOptions(input.classes.length)}`);
    const statistics = await selectionStatistics(connection, input);
    await writeFile(join(input.output, 'statistics.json'), `${JSON.stringify(statistics)}\n`);
    return statistics;
  });
}

async function openPool(connection: DuckDBConnection, { shards, classes }: SelectInput): Promise<void> {
  if (shards.length === 0) throw new PipelineError('DATASET_EMPTY', 'the pool has 0 shards of labels, so there is nothing to select from');
  await connection.run(`CREATE VIEW pool AS SELECT position, id, label, confidence, probabilities FROM ${parquet(shards)}`);

  const [found] = await query<PoolRow>(connection, poolSql(classes.length));
  if (!found || found.images === 0) throw new PipelineError('DATASET_EMPTY', `the pool has 0 images in ${shards.length} shards of labels`);
  if (found.broken !== null) {
    throw new PipelineError(
      'ARTIFACT_CORRUPT',
      `labels of pool image ${found.broken}: a label must be below ${classes.length}, a confidence 0 to 1, and there must be ${classes.length} probabilities`,
    );
  }
  if (found.images !== found.last - found.first + 1) {
    throw new PipelineError(
      'ARTIFACT_CORRUPT',
      `the shards hold ${found.images} labels for the pool images ${found.first} to ${found.last}: some are missing or there twice`,
    );
  }
}

type PoolRow = Row & { readonly images: number; readonly first: number; readonly last: number; readonly broken: number | null };

/** NaN counts as larger than any number in DuckDB, so BETWEEN refuses it. */
const poolSql = (classes: number): string => `
  SELECT count(*) AS images, min(position) AS first, max(position) AS last,
    min(position) FILTER (WHERE (label < ${classes} AND confidence BETWEEN 0 AND 1 AND len(probabilities) = ${classes}) IS NOT TRUE) AS broken
  FROM pool`;

/**
 * The table `chosen`: position, label, confidence, copies. In a class with fewer images than the quota, a row's
 * place is drawn by lot: SHA-256 of a text that names the draw, so neither the shards nor DuckDB's version matter.
 */
async function choose(connection: DuckDBConnection, { selection, seed, generation }: SelectInput): Promise<void> {
  const { confidence, perClass } = selection;
  const balance = perClass === null ? 'none' : selection.balance;
  const quota = perClass ?? 0;
  const lot = balance === 'duplicate' ? `CASE WHEN available < ${quota} THEN sha256('${seed}:${generation}:select:duplicate:' || position) END` : 'NULL';
  await connection.run(`
    CREATE TABLE chosen AS
    WITH above AS (
      SELECT position, label, confidence FROM pool WHERE confidence >= ${confidence}::FLOAT
    ), counted AS (
      SELECT label, count(*) AS available FROM above GROUP BY label
    ), placed AS (
      SELECT position, label, confidence, available, row_number() OVER (
        PARTITION BY label
        ORDER BY ${lot}, confidence DESC, position
      ) AS place
      FROM above JOIN counted USING (label)
    )
    SELECT position, label, confidence, (${COPIES[balance](quota)})::UINTEGER AS copies
    FROM placed WHERE copies > 0`);
}

/** How often the image at `place` of a class with `available` images is repeated. */
const COPIES: Record<SelectionSpec['balance'], (quota: number) => string> = {
  none: () => '1',
  thin: (quota) => `CASE WHEN place <= ${quota} THEN 1 ELSE 0 END`,
  /** Whole copies of all, and one more of the first few: exactly `quota` rows whether there are too many images or too few. */
  duplicate: (quota) => `${quota} // available + CASE WHEN place <= ${quota} % available THEN 1 ELSE 0 END`,
};

async function refuseEmpty(connection: DuckDBConnection, { selection }: SelectInput): Promise<void> {
  const [found] = await query<Row & { rows: number }>(connection, 'SELECT count(*) AS rows FROM chosen');
  if (found && found.rows > 0) return;
  const [pool] = await query<Row & { images: number; highest: number }>(connection, 'SELECT count(*) AS images, max(confidence)::DOUBLE AS highest FROM pool');
  const evidence = { confidence: selection.confidence, highest: pool?.highest ?? null, images: pool?.images ?? 0 };
  throw new PipelineError(
    'DATASET_EMPTY',
    `none of the ${evidence.images} pool images reaches selection.confidence ${evidence.confidence}; the highest confidence found is ${evidence.highest?.toFixed(4)} · lower selection.confidence, or train the teacher longer`,
    { evidence },
  );
}

const SELECTED = `
  SELECT position, pool.id, chosen.label, chosen.confidence, copies, probabilities AS target
  FROM pool JOIN chosen USING (position) ORDER BY position`;
