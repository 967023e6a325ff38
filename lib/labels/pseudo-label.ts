import { argMax } from '../evaluation/metrics.js';
import type { LabellingSpec } from '../spec/resolved.js';

export interface PseudoLabels {
  /** [n], class of the largest logit, the lowest one of equals */
  readonly labels: Uint16Array;
  /** [n], probability of that class under softmax(logits / temperature), for soft and hard labels alike */
  readonly confidences: Float32Array;
  /** [n, classes]: that softmax, or all on the top-1 class for hard labels */
  readonly probabilities: Float32Array;
}

/** Logits [n, classes] → pseudo-labels. Computed in double precision outside TensorFlow: the same bits on every device. */
export function pseudoLabels(
  logits: Float32Array,
  classes: number,
  { labels: kind, temperature }: Pick<LabellingSpec, 'labels' | 'temperature'>,
): PseudoLabels {
  const n = logits.length / classes;
  const labelled = { labels: new Uint16Array(n), confidences: new Float32Array(n), probabilities: new Float32Array(n * classes) };
  for (let i = 0; i < n; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const probabilities = labelled.probabilities.subarray(i * classes, (i + 1) * classes);
    const label = argMax(row);
    softmaxInto(probabilities, row, row[label]!, temperature);
    labelled.labels[i] = label;
    labelled.confidences[i] = probabilities[label]!;
    if (kind === 'hard') probabilities.fill(0).fill(1, label, label + 1);
  }
  return labelled;
}

/** The largest logit is taken off first, so that no exponential overflows. */
function softmaxInto(probabilities: Float32Array, row: Float32Array, largest: number, temperature: number): void {
  let sum = 0;
  for (const logit of row) sum += Math.exp((logit - largest) / temperature);
  for (const [c, logit] of row.entries()) probabilities[c] = Math.exp((logit - largest) / temperature) / sum;
}
