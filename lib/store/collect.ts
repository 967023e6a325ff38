import type { Leftover, StoredArtifact } from './collectable.js';
import { inTurn } from './in-turn.js';
import { references, type References, type RunName } from './references.js';
import type { ArtifactStore, Phase } from './store.js';

/**
 * What nobody needs any more, and its removal.
 *
 * **What goes.** An artifact that was neither published nor used for `olderThanMs`, unless
 * - it is pinned, or a run that used it is,
 * - a run that used it is under way: paused, waiting for a fix, stopped and killed runs are, until they are done or forgotten,
 * - a run that used it is done, and it is one of the results. Labels are not: what was selected from them is.
 *
 * What attempts, trainings and uploads left goes when nothing in it changed for as long and no run under way used its key. What a removal left
 * goes at once. All times are of the store's clock, so a machine whose clock is wrong does no harm. Files that are in the store before their
 * manifest are young, so they stay while their publisher is at work.
 *
 * **Why a run that comes at the same moment loses nothing.** A run writes that it uses a key, and then looks the key up. gc condemns the artifact,
 * and then looks who uses it. Whichever comes second sees the other: gc spares what has a new use, and a look-up calls the removal off. Both
 * settle it by one atomic step (a rename, a conditional write), which one of them does first. If that is gc, the artifact is absent before
 * anybody has seen it, and is computed again. Two gc have condemned with a mark of their own each, so neither acts on the other's look.
 *
 * **A kill at any moment** leaves what was condemned whole, and what was taken absent, its remains being leftovers for the next gc.
 */
export interface Garbage {
  readonly item: (StoredArtifact & { readonly kind: 'artifact' }) | Leftover;
  readonly why: string;
  /** What was published, used or changed since stays. By the store's clock, milliseconds since 1970. */
  readonly before: number;
}

export interface CollectOptions {
  readonly olderThanMs: number;
  readonly signal?: AbortSignal;
}

/** Finds what may go and removes nothing. */
export async function* findGarbage(store: ArtifactStore, { olderThanMs, signal }: CollectOptions): AsyncGenerator<Garbage> {
  const before = (await store.notes.now()) - olderThanMs;
  const known = remembering(references(store.notes)); // for this look only
  const artifacts = inTurn(store.artifacts(), LOOKS, async (artifact): Promise<Garbage | undefined> => {
    const why = await whyToTake(artifact, known, before);
    return why === undefined ? undefined : { item: { kind: 'artifact', ...artifact }, why, before };
  });
  const leftovers = inTurn(store.leftovers(), LOOKS, async (item): Promise<Garbage | undefined> => {
    const goes = item.kind === 'trash' || (item.changedAt < before && !(item.key !== undefined && (await isNeeded(item.key, known, before))));
    return goes ? { item, why: LEFT[item.kind], before } : undefined;
  });
  for (const found of [leftovers, artifacts]) {
    // so that what the caller removes on the way is not met again as a leftover
    for await (const garbage of found) {
      signal?.throwIfAborted();
      if (garbage) yield garbage;
    }
  }
}

/** Removes one of them if it still may go: whether it did. */
export async function removeGarbage(store: ArtifactStore, { item, before }: Garbage): Promise<boolean> {
  const known = references(store.notes);
  if (item.kind !== 'artifact') return store.removeLeftover(item, async () => item.key !== undefined && isNeeded(item.key, known, before));
  const condemned = await store.condemn(item);
  if (!condemned) return false;
  if ((await whyToTake({ ...item, changedAt: condemned.changedAt }, known, before)) === undefined) {
    await condemned.spare();
    return false;
  }
  if (!(await condemned.take())) return false;
  for (const use of await known.usesOf(item.key)) if (use.at < before && (await known.stateOf(use.run)) !== 'under way') await known.removeUse(use);
  return true;
}

/** At a time: a store may be far away. */
const LOOKS = 16;

/** What a run that is done needs no more. */
const INTERMEDIATE: readonly Phase[] = ['label'];

const LEFT: Readonly<Record<Leftover['kind'], string>> = {
  work: 'an attempt left it, and no run goes on with it',
  checkpoints: 'a training left it, and no run goes on with it',
  lease: 'an attempt that was killed held it, and no run goes on with its work',
  damaged: 'it did not verify, and was set aside',
  upload: 'no artifact has these files',
  copy: 'a copy on this machine that was cut off',
  trash: 'it was removed, and that was cut off',
};

/** Undefined: it stays. */
async function whyToTake(artifact: StoredArtifact, known: Looks, before: number): Promise<string | undefined> {
  if (artifact.changedAt >= before || (await known.isPinned(artifact))) return undefined;
  const uses = await known.usesOf(artifact.key);
  let isDone = false;
  for (const { run, at } of uses) {
    if (at >= before || (await known.isPinned(run))) return undefined;
    const state = await known.stateOf(run);
    if (state === 'under way' || (state === 'done' && !INTERMEDIATE.includes(artifact.phase))) return undefined;
    isDone ||= state === 'done';
  }
  return isDone ? 'the runs that used it are done, and have what they took from it' : 'no run that is known uses it';
}

async function isNeeded(key: string, known: Looks, before: number): Promise<boolean> {
  for (const { run, at } of await known.usesOf(key)) if (at >= before || (await known.stateOf(run)) === 'under way') return true;
  return false;
}

type Looks = Pick<References, 'usesOf' | 'stateOf' | 'isPinned'>;

/** Asks once for each run: thousands of artifacts have the same few. */
function remembering(asked: References): Looks {
  const remembered = new Map<string, Promise<unknown>>();
  const once = <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    if (!remembered.has(question)) remembered.set(question, ask());
    return remembered.get(question) as Promise<T>;
  };
  return {
    usesOf: (key) => asked.usesOf(key),
    stateOf: (run: RunName) => once(`state ${run}`, () => asked.stateOf(run)),
    isPinned: (what) => (typeof what === 'string' ? once(`pin ${what}`, () => asked.isPinned(what)) : asked.isPinned(what)),
  };
}
