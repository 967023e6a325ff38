import { takeLease } from '../lib/store/lease.js';
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

/** What the work of an attempt is given. */
export interface Workplace {
  /** Empty; becomes the artifact. */
  readonly output: string;
  /** The attempt's, and aborted as well when another attempt has taken over. */
  readonly signal: AbortSignal;
  /** Throws SUPERSEDED: before whatever others can see. */
  check(): Promise<void>;
}

/**
 * Looks up the key, does the work if nobody published it, and publishes the folder that it filled. Safe to repeat at
 * any moment: what is published returns at once. One attempt at a time works at a key, see `takeLease`; one that was given up and wakes
 * up ends with SUPERSEDED and publishes nothing. What `work` returns becomes the artifact's meta: seconds, versions, whatever may
 * differ between two computations.
 */
export async function publishOnce(
  attempt: Attempt,
  deps: PublishDeps,
  options: PublishOptions,
  work: (place: Workplace) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Published> {
  const { store, clock } = deps;
  const { phase, key, isWhole } = options;
  const lookUp = async (): Promise<Manifest | undefined> => {
    const published = await store.find(phase, key);
    return published && (await isWhole?.(published)) !== false ? published : undefined;
  };
  const published = await lookUp();
  if (published) {
    if (attempt.number > 1) await store.clear(key); // an attempt before may have published without hearing of it
    return resultOf(published, true, `published before from ${SAME[phase]}`);
  }

  const holder = { owner: attempt.owner, attempt: attempt.number, name: attempt.name };
  const lease = await takeLease(store.leases, key, holder, {
    signal: attempt.signal,
    isNeeded: async () => (await lookUp()) === undefined,
    onWait: ({ owner }) => attempt.report({ waitingFor: owner }),
  });
  try {
    const meanwhile = await lookUp();
    if (meanwhile) return resultOf(meanwhile, true, `published meanwhile from ${SAME[phase]}`);
    if (!lease) return await publishOnce(attempt, deps, options, work); // and gone again
    const signal = AbortSignal.any([attempt.signal, lease.signal]);
    const started = clock();
    const output = await store.workFolder(key, attempt.name);
    const meta = await work({ output, signal, check: () => lease.check() });
    attempt.signal.throwIfAborted(); // an attempt that was given up must not publish behind the next one's back
    await lease.check();
    const manifest = await store.publish(phase, key, output, withSeconds(meta, (clock() - started) / 1000));
    await store.clear(key);
    return resultOf(manifest, false, 'nothing was published under its key');
  } catch (error) {
    lease?.signal.throwIfAborted(); // what failed because the other one took over is not the cause
    throw error;
  } finally {
    await lease?.release();
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
