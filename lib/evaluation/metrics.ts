import type { SetEvaluation } from './evaluation.js';

/** Counts over the images seen so far. */
export interface Tally {
  readonly classes: number;
  images: number;
  top5: number;
  /** Sum of the cross-entropies, in nats. */
  loss: number;
  /** [classes, classes], images: rows are true classes, columns predicted ones. */
  readonly confusion: Uint32Array;
}

export function emptyTally(classes: number): Tally {
  return { classes, images: 0, top5: 0, loss: 0, confusion: new Uint32Array(classes * classes) };
}

/** Adds a batch: logits [n, classes], labels [n]. Of equal logits the lowest class comes first. */
export function count(tally: Tally, logits: Float32Array, labels: Uint8Array | Uint16Array): void {
  const { classes, confusion } = tally;
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const rank = rankOf(row, label);
    tally.images++;
    if (rank < Math.min(5, classes)) tally.top5++;
    tally.loss += crossEntropy(row, label);
    confusion[label * classes + (rank === 0 ? label : argMax(row))]!++;
  }
}

export function summarise({ images, top5, loss, confusion }: Tally, names: readonly string[]): SetEvaluation {
  const rows = names.map((_, label) => [...confusion.subarray(label * names.length, (label + 1) * names.length)]);
  const perClass = rows.map((row, label) => {
    const inClass = row.reduce((sum, n) => sum + n, 0);
    return { class: names[label]!, images: inClass, top1: share(row[label]!, inClass) };
  });
  const right = rows.reduce((sum, row, label) => sum + row[label]!, 0);
  return { images, top1: share(right, images), top5: share(top5, images), loss: share(loss, images), perClass, confusion: rows };
}

/** Index of the largest number, the lowest one of equals. */
export function argMax(row: Float32Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
  return best;
}

/** How many classes come before this one. */
function rankOf(row: Float32Array, label: number): number {
  let before = 0;
  for (let c = 0; c < row.length; c++) {
    if (row[c]! > row[label]! || (row[c] === row[label] && c < label)) before++;
  }
  return before;
}

/** −log softmax(row)[label], in double precision. */
function crossEntropy(row: Float32Array, label: number): number {
  const largest = row[argMax(row)]!;
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - largest);
  return Math.log(sum) + largest - row[label]!;
}

/** Null, never NaN, where there is nothing to divide by. */
function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
