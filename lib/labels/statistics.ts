import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { PipelineError } from '../errors.js';
import { parquet, query, text, type Row } from './database.js';
import type { SelectInput } from './select.js';
import { BINS, DUPLICATION_LIMIT, type Churn, type ClassStatistics, type LabelAccuracy, type SelectionStatistics, type SelectionWarning } from './selection-statistics.js';

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
  const classes = input.classes.map((name, label) => classStatistics(name, label, cells, kept, judged));
  return {
    images,
    aboveFloor,
    coverage: share(aboveFloor, images),
    rows: total(kept, 'rows'),
    unique: total(kept, 'images'),
    confidence: {
      floor: input.selection.confidence,
      mean: share(total(cells, 'confidence') / UNIT, images),
      highest: images === 0 ? null : Math.max(...cells.map(({ highest }) => highest)),
      histogram: bins((bin) => total(cells.filter((cell) => cell.bin === bin), 'images')),
    },
    entropy: share(total(cells, 'entropy') / UNIT, images),
    classes,
    churn: input.previous === null ? null : await churn(connection, input.previous, input.classes.length),
    accuracy: judged && labelAccuracy(judged),
    warnings: classes.flatMap((row) => warnings(row, input.selection.confidence)),
  };
}

/** Of the images of one predicted class within one bin of confidence. */
type Cell = Row & { readonly label: number; readonly bin: number; readonly images: number; readonly above: number; readonly confidence: number; readonly entropy: number; readonly highest: number };

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
  const cells = await query<JudgedCell>(connection, 'SELECT label, bin, count(*) AS images, count(*) FILTER (WHERE is_right) AS "right" FROM judged GROUP BY ALL ORDER BY ALL');
  const [rows] = await query<Row & { rows: number; right: number }>(
    connection,
    'SELECT coalesce(sum(copies), 0)::BIGINT AS rows, coalesce(sum(copies) FILTER (WHERE is_right), 0)::BIGINT AS "right" FROM chosen JOIN judged USING (position)',
  );
  return { cells, rows: rows?.rows ?? 0, right: rows?.right ?? 0 };
}

function classStatistics(name: string, label: number, cells: readonly Cell[], kept: readonly Kept[], judged: Judged | null): ClassStatistics {
  const predicted = cells.filter((cell) => cell.label === label);
  const selected = kept.find((row) => row.label === label);
  const known = judged?.cells.filter((cell) => cell.label === label) ?? [];
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
      const inBin = cells.filter((cell) => cell.bin === bin);
      return { from: bin / BINS, images: total(inBin, 'images'), accuracy: share(total(inBin, 'right'), total(inBin, 'images')) };
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
  const changed = total(pairs.filter(({ before, now }) => before !== now), 'images');
  return { images, changed, share: share(changed, images), matrix };
}

/** What a person should know before a student learns from it. */
function warnings({ class: name, before, aboveFloor, duplication }: ClassStatistics, floor: number): SelectionWarning[] {
  if (before === 0) {
    return [{ kind: 'class-unpredicted', class: name, message: `the teacher predicts no pool image as "${name}": the student sees the class in the labelled set alone` }];
  }
  if (aboveFloor === 0) {
    return [{ kind: 'class-below-floor', class: name, message: `none of the ${before} pool images predicted as "${name}" reaches selection.confidence ${floor}: the student sees the class in the labelled set alone` }];
  }
  if (duplication !== null && duplication > DUPLICATION_LIMIT) {
    return [{ kind: 'class-duplicated', class: name, message: `each of the few images of "${name}" is repeated ${duplication.toFixed(1)} times (${aboveFloor} reach selection.confidence ${floor}): lower selection.confidence or selection.perClass` }];
  }
  return [];
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
