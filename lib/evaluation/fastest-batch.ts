/** One forward pass of a batch. */
export interface Probe {
  readonly ms: number;
  /** With its recording. */
  readonly spentMs: number;
  /** By how much the process's peak of memory grew. */
  readonly bytes: number;
}

export interface ProbeLimits {
  /** Images that are computed together at the least: batches are multiples of it. */
  readonly unit: number;
  /** How many there are to compute; a larger batch would be empty in part. */
  readonly images: number;
  readonly memoryBytes: number;
  /** Milliseconds; no further batch is tried after it. */
  readonly budget: number;
}

/**
 * Images per forward pass: doubled for as long as that computes at least 5 % more images a second within the limits. A batch that
 * fails, for lack of memory say, is too large; only the smallest one's failure is thrown.
 */
export function fastestBatch(probe: (batch: number) => Probe, { unit, images, memoryBytes, budget }: ProbeLimits): number {
  let batch = images > unit ? 2 * unit : unit;
  let best = { batch, ...probe(batch) };
  for (let spent = best.spentMs; spent < budget;) {
    if (batch >= images || 2 * best.bytes > memoryBytes) break;
    batch *= 2;
    const next = unlessItFails(() => probe(batch));
    if (!next || next.bytes > memoryBytes || next.ms / batch > (best.ms / best.batch) * WORTH_IT) break;
    best = { batch, ...next };
    spent += next.spentMs;
  }
  return best.batch;
}

const WORTH_IT = 1 / 1.05;

function unlessItFails<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
