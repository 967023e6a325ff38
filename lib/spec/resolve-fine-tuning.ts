import { withDefaults, type Partly } from './defaults.js';
import type { FreezeSpec, ResolutionSpec } from './resolved.js';
import type { Freeze, Pipeline } from './types.js';

/** Undefined where nothing is frozen, so that no digest and no key changes with it. Groups stand from the images to the logits. */
export function freezeOf(written: Partly<Freeze> | undefined): FreezeSpec | undefined {
  const { groups = [], norms = 'frozen' } = isList(written) ? { groups: written } : (written ?? {});
  const inOrder = [...new Set(groups.filter((group) => group !== undefined))].sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  return inOrder.length === 0 ? undefined : { groups: inOrder, norms };
}

/** Undefined for "none". `batch`: labelled images in a step of the training before. */
export function resolutionOf(written: Partly<Pipeline['resolution']>, batch: number): ResolutionSpec | undefined {
  const whole = withDefaults('resolution', written);
  if (whole === 'none') return undefined;
  const { size, epochs, rateFactor, freeze } = whole;
  return { size, epochs, batch, rateFactor, freeze: freezeOf(freeze) ?? null };
}

/** stem, blocks.0, blocks.1, …, head. */
function depthOf(group: string): number {
  if (group === 'stem') return -1;
  const stage = /^blocks\.(\d+)$/.exec(group)?.[1];
  return stage === undefined ? Infinity : Number(stage);
}

function isList(written: Partly<Freeze> | undefined): written is readonly (string | undefined)[] {
  return Array.isArray(written);
}
