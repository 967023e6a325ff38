import type { GenerationStatus, RunStatus } from '../workflows/messages.js';

/** The table of generations, as text in columns. Rates in per cent. */
export function generationsTable({ generations, baseline, omitted }: Pick<RunStatus, 'generations' | 'baseline' | 'omitted'>): string {
  const rows = [
    ['', 'model', 'parameters', 'val top-1', 'test top-1', 'pool kept', 'unique', 'label acc.', 'seconds'],
    ...generations.map((row) => cells(row.generation === 0 ? 'teacher' : `student ${row.generation}`, row)),
    ...(baseline ? [cells('baseline', baseline)] : []),
  ];
  return [columns(rows, [0, 1]), ...(omitted?.generations ? [`${omitted.generations} generations before these stand in the report.`] : [])].join('\n');
}

/** Rows of equal length, one line each: columns whose number is in `left` are aligned left, the others right. */
export function columns(rows: readonly (readonly string[])[], left: readonly number[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (left.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells(title: string, { model, parameters, validation, test, pool, seconds }: GenerationStatus): string[] {
  return [
    title,
    model,
    parameters.toLocaleString('en'),
    percent(validation.top1),
    percent(test.top1),
    pool ? pool.kept.toLocaleString('en') : '–',
    pool ? pool.unique.toLocaleString('en') : '–',
    percent(pool?.labelAccuracy),
    seconds.toFixed(1),
  ];
}

export function percent(share: number | null | undefined): string {
  return share == null ? '–' : (share * 100).toFixed(2);
}
