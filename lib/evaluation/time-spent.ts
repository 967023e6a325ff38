import type { InferredBatch } from './infer-files.js';

const PARTS = { decode: 'decodeMs', transform: 'transformMs', model: 'modelMs' } as const satisfies Record<string, keyof InferredBatch>;

export interface TimeSpent {
  add(batch: InferredBatch): void;
  /** `decode 28 %, transform 14 %, model 58 %` of the work of all threads together. */
  shares(digits: number): string;
}

/** What the time of inferring files goes into. */
export function timeSpent(): TimeSpent {
  const spent = { decode: 0, transform: 0, model: 0 };
  const parts = Object.keys(PARTS) as (keyof typeof PARTS)[];
  return {
    add(batch) {
      for (const part of parts) spent[part] += batch[PARTS[part]];
    },
    shares(digits) {
      const all = parts.reduce((sum, part) => sum + spent[part], 0) || 1;
      return parts.map((part) => `${part} ${((100 * spent[part]) / all).toFixed(digits)} %`).join(', ');
    },
  };
}
