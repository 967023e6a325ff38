import type { FreezeSpec } from '../spec/resolved.js';
import { count, counted } from './numbers.js';
import type { GenerationSummary } from './summary.js';

/** Where a model came from and where it went, beside its own training: a sentence for each, none where nothing was. */
export function startAndFineTuning({ generation: { weights, freeze, resolution }, fineTuning: tuned }: GenerationSummary): string[] {
  const start = weights === undefined ? [] : [`It started from the weights ${weights}${freeze ? `, and kept ${frozen(freeze)}` : ''}.`];
  if (!resolution || !tuned) return start;
  const { size, freeze: kept } = resolution;
  const { steps, images, final } = tuned.training;
  const training = `${counted(steps, 'step')} of ${count(images / steps)} labelled images without noise, at the rate ${final.rate.toPrecision(3)}`;
  return [...start, `Then it was trained at ${size} × ${size} pixels: ${training}${kept ? `; it kept ${frozen(kept)}` : ''}.`];
}

function frozen({ groups, norms }: FreezeSpec): string {
  return `${groups.join(', ')} as ${groups.length === 1 ? 'it was' : 'they were'}${norms === 'frozen' ? ', batch norms included' : ''}`;
}
