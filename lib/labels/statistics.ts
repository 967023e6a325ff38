import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { PipelineError } from '../errors.js';
import { parquet, query, text, type Row } from './database.js';
import type { SelectInput } from './select-input.js';
import {
  BINS,
  DUPLICATION_LIMIT,
  type Churn,
  type ClassStatistics,
  type LabelAccuracy,
  type SelectionStatistics,
  type SelectionWarning,
} from './selection-statistics.js';

/**
 * What `statistics.json` says of the view `pool` and the table `chosen`. DuckDB sums whole numbers only, so that
 * no sum depends on the order of its terms; shares and means are divided here.
 */
export async function selectionStatistics(connection: DuckDBConnection, input: SelectInput): Promise<SelectionStatistics> {
  const cells = await query<Cell>(connection, cellsSql(input.selection.confidence));
  const kept = await query<Kept>(connection, KEPT_SQL);
  const judged = input.hidden === null ? null : await judge(connection, input.hidden);
  const images = total(cells, 'images');
  const aboveFloor = total(cells, 'above');
  const [cellsOf, keptOf, judgedOf] = [byLabel(cells), byLabel(kept), byLabel(judged?.cells ?? [])];
  const classes = input.classes.map((name, label) => classStatistics(name, cellsOf(label), keptOf(label), judgedOf(label)));
  return {
    images,
    aboveFloor,
    coverage: share(aboveFloor, images),
    rows: total(kept, 'rows'),
    unique: total(kept, 'images'),
    confidence: {
      floor: input.selection.confidence,
      mean: share(total(cells, 'confidence') / UNIT, images),
      highest: cells.reduce<number | null>((best, { highest }) => Math.max(best ?? 0, highest), null),
      histogram: bins((bin) => total(inBin(cells, bin), 'images')),
    },
    entropy: share(total(cells, 'entropy') / UNIT, images),
    classes,
    churn: input.previous === null ? null : await churn(connection, input.previous, input.classes.length),
    accuracy: judged && labelAccuracy(judged),
    warnings: classes.flatMap((row) => warnings(row, input.selection.confidence)),
  };
}

/** Of the images of one predicted class within one bin of confidence. */
type Cell = Row & {
  readonly label: number;
  readonly bin: number;
  readonly images: number;
  readonly above: number;
  readonly confidence: number;
  readonly entropy: number;
  readonly highest: number;
};

/** Confidences and entropies are summed in whole billionths. */
const UNIT = 1e9;

const BIN = `least(floor(confidence * ${BINS}::FLOAT), ${BINS - 1})::INTEGER`;

const cellsSql = (floor: number): string => `
  SELECT label, ${BIN} AS bin, count(*) AS images, count(*) FILTER (WHERE confidence >= ${floor}::FLOAT) AS above,
    sum(round(confidence::DOUBLE * ${UNIT})::BIGINT)::DOUBLE AS confidence,
    sum(round(-${UNIT} * list_sum(list_transform(probabilities, lambda p: CASE WHEN p > 0 THEN p::DOUBLE * ln(p::DOUBLE) ELSE 0 END)))::BIGINT)::DOUBLE AS entropy,
    max(confidence)::DOUBLE AS highest
  FROM pool GROUP BY ALL ORDER BY ALL`;

type Kept = Row & { readonly label: number; readonly images: number; readonly rows: number; readonly lowest: number };

const KEPT_SQL = `
  SELECT label, count(*) AS images, sum(copies)::BIGINT AS rows, min(confidence)::DOUBLE AS lowest
  FROM chosen GROUP BY label ORDER BY label`;

interface Judged {
  readonly cells: readonly JudgedCell[];
  readonly rows: number;
  readonly right: number;
}

type JudgedCell = Row & { readonly label: number; readonly bin: number; readonly images: number; readonly right: number };

/** Compares the labels with the hidden ones, which are joined by id: the artifact says no more about its order. */
async function judge(connection: DuckDBConnection, folder: string): Promise<Judged> {
  const files = (await readdir(folder)).filter((name) => /^hidden-\d+\.jsonl$/.test(name)).sort();
  if (files.length === 0) throw new PipelineError('ARTIFACT_MISSING', `${folder} holds no hidden-00000.jsonl`);
  await connection.run(`
    CREATE TABLE judged AS
    SELECT position, pool.label, ${BIN} AS bin, pool.label = hidden.label AS is_right
    FROM pool JOIN read_json([${files.map((name) => text(join(folder, name))).join(', ')}], format = 'newline_delimited', columns = {id: 'VARCHAR', label: 'USMALLINT'}) AS hidden USING (id)`);
  const cells = await query<JudgedCell>(
    connection,
    'SELECT label, bin, count(*) AS images, count(*) FILTER (WHERE is_right) AS "right" FROM judged GROUP BY ALL ORDER BY ALL',
  );
  const [rows] = await query<Row & { rows: number; right: number }>(
    connection,
    'SELECT coalesce(sum(copies), 0)::BIGINT AS rows, coalesce(sum(copies) FILTER (WHERE is_right), 0)::BIGINT AS "right" FROM chosen JOIN judged USING (position)',
  );
  return { cells, rows: rows?.rows ?? 0, right: rows?.right ?? 0 };
}

function classStatistics(name: string, predicted: readonly Cell[], [selected]: readonly Kept[], known: readonly JudgedCell[]): ClassStatistics {
  return {
    class: name,
    before: total(predicted, 'images'),
    aboveFloor: total(predicted, 'above'),
    unique: selected?.images ?? 0,
    rows: selected?.rows ?? 0,
    duplication: share(selected?.rows ?? 0, selected?.images ?? 0),
    lowestConfidence: selected?.lowest ?? null,
    accuracy: share(total(known, 'right'), total(known, 'images')),
  };
}

function labelAccuracy({ cells, rows, right }: Judged): LabelAccuracy {
  const images = total(cells, 'images');
  return {
    images,
    pool: share(total(cells, 'right'), images),
    selected: share(right, rows),
    bins: bins((bin) => {
      const found = inBin(cells, bin);
      return { from: bin / BINS, images: total(found, 'images'), accuracy: share(total(found, 'right'), total(found, 'images')) };
    }),
  };
}

async function churn(connection: DuckDBConnection, previous: readonly string[], classes: number): Promise<Churn> {
  const pairs = await query<Row & { before: number; now: number; images: number }>(
    connection,
    `SELECT previous.label AS before, pool.label AS now, count(*) AS images
     FROM pool JOIN ${parquet(previous)} AS previous USING (position) GROUP BY ALL ORDER BY ALL`,
  );
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { before, now, images } of pairs) matrix[before]![now] = images;
  const images = total(pairs, 'images');
  const unchanged = matrix.reduce((sum, row, label) => sum + row[label]!, 0);
  const changed = images - unchanged;
  return { images, changed, share: share(changed, images), matrix };
}

/** What a person should know before a student learns from it. */
function warnings({ class: name, before, aboveFloor, duplication }: ClassStatistics, floor: number): SelectionWarning[] {
  const warn = (kind: SelectionWarning['kind'], message: string) => [{ kind, class: name, message }];
  const alone = 'the student sees the class in the labelled set alone';
  if (before === 0) return warn('class-unpredicted', `the teacher predicts no pool image as "${name}": ${alone}`);
  if (aboveFloor === 0)
    return warn('class-below-floor', `none of the ${before} pool images predicted as "${name}" reaches selection.confidence ${floor}: ${alone}`);
  if (duplication === null || duplication <= DUPLICATION_LIMIT) return [];
  return warn(
    'class-duplicated',
    `each image of "${name}" is repeated ${duplication.toFixed(1)} times, for only ${aboveFloor} reach selection.confidence ${floor}: lower it, or selection.perClass`,
  );
}

/** Looks up the rows of a class. */
function byLabel<R extends { readonly label: number }>(rows: readonly R[]): (label: number) => readonly R[] {
  const groups = new Map<number, R[]>();
  for (const row of rows) groups.set(row.label, [...(groups.get(row.label) ?? []), row]);
  return (label) => groups.get(label) ?? [];
}

function inBin<R extends { readonly bin: number }>(rows: readonly R[], bin: number): R[] {
  return rows.filter((row) => row.bin === bin);
}

function bins<T>(of: (bin: number) => T): T[] {
  return Array.from({ length: BINS }, (_, bin) => of(bin));
}

function total<K extends string>(rows: readonly Readonly<Record<K, number>>[], name: K): number {
  return rows.reduce((sum, row) => sum + row[name], 0);
}

/** Null, never NaN, where there is nothing to divide by. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
