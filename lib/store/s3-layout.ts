import type { Manifest, Phase } from './store.js';

/** The manifest of an artifact, and the commit point. */
export function manifestName(phase: Phase, key: string): string {
  return `artifacts/${phase}/${key}.json`;
}

/** Before the paths of an artifact's files. Each publisher uploads under a name of its own, so what is removed is never written again. */
export function filesOf(phase: Phase, key: string, upload: string): string {
  return `files/${phase}/${key}/${upload}/`;
}

/** As it stands in a bucket. */
export interface StoredManifest extends Manifest {
  readonly upload: string;
}

/** In the place of a manifest that did not verify: nothing is deleted that somebody might just have written. */
export const DAMAGED = '{"damaged":true}';

/** In the place of a manifest whose artifact gc has taken. */
export const REMOVED = '{"removed":true}';
