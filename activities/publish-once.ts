import type { ArtifactMeta, ArtifactRef, ArtifactStore, Manifest, Phase } from '../lib/store/store.js';
import type { Attempt } from './attempt.js';
import { SAME } from './keys.js';

export interface PublishDeps {
  readonly store: ArtifactStore;
  /** Milliseconds; only differences are used. */
  readonly clock: () => number;
}

/** What every phase's result holds. `seconds` are those of the original computation. */
export interface PhaseResult {
  readonly artifact: ArtifactRef;
  readonly reused: boolean;
  readonly why: string;
  readonly seconds: number;
}

export interface Published extends PhaseResult {
  readonly manifest: Manifest;
}

export interface PublishOptions {
  readonly phase: Phase;
  readonly key: string;
  /** Refuses an artifact whose companion is gone; the work is then done again. */
  isWhole?(published: Manifest): Promise<boolean>;
}

/**
 * Looks up the key, does the work if nobody published it, and publishes the folder that it filled. Safe to repeat at
 * any moment: what is published returns at once, and of two attempts that race one wins and both return its artifact.
 * What `work` returns becomes the artifact's meta: seconds, versions, whatever may differ between two computations.
 */
export async function publishOnce(
  { name, signal }: Attempt,
  { store, clock }: PublishDeps,
  { phase, key, isWhole }: PublishOptions,
  work: (output: string) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Published> {
  const published = await store.find(phase, key);
  if (published && (await isWhole?.(published)) !== false) return resultOf(published, true, `published before from ${SAME[phase]}`);

  try {
    const started = clock();
    const output = await store.workFolder(key, name);
    const meta = await work(output);
    signal.throwIfAborted(); // an attempt that was given up must not publish behind the next one's back
    const manifest = await store.publish(phase, key, output, withSeconds(meta, (clock() - started) / 1000));
    await store.clear(key);
    return resultOf(manifest, false, 'nothing was published under its key');
  } catch (error) {
    // Another attempt that published first has cleared this one's folders away under it.
    const winner = published || signal.aborted ? undefined : await store.find(phase, key);
    if (winner === undefined) throw error;
    return resultOf(winner, true, `published meanwhile from ${SAME[phase]}`);
  }
}

/** A training that was resumed tells the seconds of all its attempts; for the rest it is this one's. */
function withSeconds(meta: Readonly<Record<string, unknown>>, seconds: number): ArtifactMeta {
  return { seconds: Math.round(seconds * 1000) / 1000, ...meta };
}

function resultOf(manifest: Manifest, reused: boolean, why: string): Published {
  const { phase, key, digest, meta } = manifest;
  return { artifact: { phase, key, digest }, reused, why, seconds: meta.seconds, manifest };
}
