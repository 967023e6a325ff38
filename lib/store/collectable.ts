import type { Notes } from './notes.js';
import type { Phase } from './store.js';

/** What `gc` asks of a store; `collect.ts` says in which order, and why nothing is lost. Times are those of the store's own clock. */
export interface Collectable {
  readonly notes: Notes;
  /** Every artifact, a few at a time: what is kept of a listing does not grow with the store. Nothing is verified. */
  artifacts(): AsyncIterable<StoredArtifact>;
  /** One of them. */
  stored(artifact: ArtifactName): Promise<StoredArtifact | undefined>;
  /** Everything else that takes space: what attempts, trainings, uploads and removals left. */
  leftovers(): AsyncIterable<Leftover>;
  /** Announces that an artifact is about to be taken; from now on `find` and `open` call that off. Undefined where it is gone. */
  condemn(artifact: ArtifactName): Promise<Condemned | undefined>;
  /** False where it is gone, has become something else, or `isNeeded` after all. A kill in the middle leaves a leftover again. */
  removeLeftover(leftover: Leftover, isNeeded: () => Promise<boolean>): Promise<boolean>;
}

export interface ArtifactName {
  readonly phase: Phase;
  readonly key: string;
}

export interface StoredArtifact extends ArtifactName {
  readonly bytes: number;
  /** When it was published, or called off to be taken. Milliseconds since 1970. */
  readonly changedAt: number;
}

export interface Condemned {
  /** Of what stands there by now. */
  readonly changedAt: number;
  /** Removes it, unless somebody called that off: whether it did. A kill in the middle leaves it whole, or absent with a leftover. */
  take(): Promise<boolean>;
  spare(): Promise<void>;
}

export interface Leftover {
  readonly kind: 'work' | 'checkpoints' | 'lease' | 'damaged' | 'upload' | 'copy' | 'trash';
  /** Where it is in the store. */
  readonly name: string;
  /** Whose it is; absent where nobody can go on with it. */
  readonly key?: string;
  readonly bytes: number;
  /** Of the newest thing in it. Milliseconds since 1970. */
  readonly changedAt: number;
}
