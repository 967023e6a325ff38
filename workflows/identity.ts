import type { ResolvedSpec } from '../lib/spec/resolved.js';

/**
 * What a run is about: the seed, and the sets of images. Every draw is a function of the one, every score a statement about the others. A
 * pipeline with another of them is another experiment: none of its numbers could stand in one table with those before.
 */
export const IDENTITY = ['version', 'seed', 'data.labelled', 'data.validation', 'data.unlabelled', 'data.test'] as const;

/** Which of them differ. A run goes on only where none does. */
export function otherIdentity(before: ResolvedSpec, after: ResolvedSpec): readonly string[] {
  return IDENTITY.filter((path) => valueAt(before, path) !== valueAt(after, path));
}

function valueAt(spec: ResolvedSpec, path: string): string {
  const value = path.split('.').reduce((block, key) => (block as Readonly<Record<string, unknown>>)[key], spec as unknown);
  return typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value).sort()) : JSON.stringify(value);
}
