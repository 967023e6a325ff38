import type { TrainingSpec } from '../spec/resolved.js';

/** Pseudo-labelled images of a step. */
export function pseudoRows({ batch, unlabelledRatio }: TrainingSpec): number {
  return Math.round(batch * unlabelledRatio);
}

/** The smallest number of parts, of `least` and more, that divides the labelled rows of a batch and the others alike; undefined if there is none. */
export function microBatches(labelled: number, pseudo: number, least: number): number | undefined {
  for (let parts = least; parts <= labelled; parts++) if (labelled % parts === 0 && pseudo % parts === 0) return parts;
  return undefined;
}
