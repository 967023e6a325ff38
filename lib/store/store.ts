import type { Collectable } from './collectable.js';
import type { LeaseMarks } from './lease.js';

/**
 * Where results live. An artifact is an immutable folder, addressed by its phase and key; its
 * `manifest.json` is written last and is the commit point. Implementations pass one contract suite.
 */
export type Phase = 'prepare' | 'hidden-labels' | 'import' | 'train' | 'label' | 'select' | 'evaluate' | 'record' | 'report';

/** What travels in histories: where an artifact is and what it holds, never its data. */
export interface ArtifactRef {
  readonly phase: Phase;
  /** SHA-256 of what went in: phase, spec part, input digests, format number. */
  readonly key: string;
  /** SHA-256 over the names, sizes and SHA-256 of all files: what came out. */
  readonly digest: string;
}

export interface ManifestFile {
  /** Relative, '/' separated. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `meta` holds what may differ between two runs of the same work (seconds, host, versions); it is in no digest. */
export interface Manifest extends ArtifactRef {
  readonly files: readonly ManifestFile[];
  readonly meta: ArtifactMeta;
}

export interface ArtifactMeta {
  readonly seconds: number;
  readonly [name: string]: unknown;
}

export interface ArtifactStore extends Collectable {
  /** The artifact of that key, if present and every file verifies. A damaged one is moved aside and reported as absent. */
  find(phase: Phase, key: string): Promise<Manifest | undefined>;
  /** What the manifest of that key says, if there is one. Nothing is verified, copied or moved: good enough to say what a run would find. */
  peek(phase: Phase, key: string): Promise<Manifest | undefined>;
  /** The text of one small file of an artifact, verified. Undefined where it is missing or damaged. */
  readText(manifest: Manifest, path: string): Promise<string | undefined>;
  /** The step of the newest checkpoint of a training key that is here or shared, unverified. */
  reached(key: string): Promise<number | undefined>;
  /** A fresh empty folder for one attempt at one key: `work/<key>/<attempt>`. Older attempts' folders are left alone. */
  workFolder(key: string, attempt: string): Promise<string>;
  /**
   * Makes `folder` (from `workFolder`) the artifact of that key. Conditional: of two publishers one wins
   * and both get the winner's manifest. fsync of every file and of the folders before it is visible.
   */
  publish(phase: Phase, key: string, folder: string, meta: ArtifactMeta): Promise<Manifest>;
  /** A local folder with the artifact's files, verified. Throws ARTIFACT_MISSING. */
  open(ref: ArtifactRef): Promise<string>;
  /** The local folder that holds the checkpoints of a training key (`step-<n>/` folders), also those that other machines shared. Created if absent. */
  checkpoints(key: string): Promise<string>;
  /** Puts the newest checkpoint of a key where other machines that share the store find it. Safe to call often. */
  shareCheckpoints(key: string): Promise<void>;
  /** By which attempts at a key agree on who may checkpoint and publish: see `takeLease`. */
  readonly leases: LeaseMarks;
  /** Removes a finished key's checkpoints, work folders and leases. */
  clear(key: string): Promise<void>;
}
