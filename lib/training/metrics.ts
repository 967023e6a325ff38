import { METRICS } from './step.js';

/** One line of `metrics.jsonl`: means over the steps since the line before. No clock, so that equal trainings give equal bytes. */
export interface MetricsRow {
  /** Steps done. */
  readonly step: number;
  /** Learning rate of the last of them. */
  readonly rate: number;
  readonly loss: number;
  /** Cross-entropy of the labelled part, in nats, with the noise and the label smoothing of the training. */
  readonly labelledLoss: number;
  /** Of the pseudo-labelled part; null where there is none. */
  readonly pseudoLoss: number | null;
  /** Share of the labelled images of the batches that were classed rightly, noise included; 0…1. */
  readonly labelledTop1: number;
  readonly gradientNorm: number;
}

/** Sums since the last row, in the order of METRICS. Part of a checkpoint. */
export interface MetricsProgress {
  readonly sums: readonly number[];
  readonly count: number;
  readonly rows: readonly MetricsRow[];
}

export const NO_METRICS: MetricsProgress = { sums: METRICS.map(() => 0), count: 0, rows: [] };

/** Adds one step's metrics vector, and a row when `step` (steps done) is a multiple of `logEvery` or the last. */
export function addMetrics(
  progress: MetricsProgress,
  values: ArrayLike<number>,
  at: { step: number; steps: number; logEvery: number; rate: number; hasPseudo: boolean },
): MetricsProgress {
  const sums = progress.sums.map((sum, i) => sum + values[i]!);
  const count = progress.count + 1;
  if (at.step % at.logEvery !== 0 && at.step !== at.steps) return { ...progress, sums, count };

  const [loss, labelledLoss, pseudoLoss, labelledTop1, gradientNorm] = sums.map((sum) => sum / count) as [number, number, number, number, number];
  const row = { step: at.step, rate: at.rate, loss, labelledLoss, pseudoLoss: at.hasPseudo ? pseudoLoss : null, labelledTop1, gradientNorm };
  return { ...NO_METRICS, rows: [...progress.rows, row] };
}

export function printMetrics({ rows }: MetricsProgress): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
