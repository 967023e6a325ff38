import { randomUUID } from 'node:crypto';
import { mkdir, opendir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactName, Collectable, Leftover, StoredArtifact } from './collectable.js';
import { ifThere, isErrno } from './disk.js';
import { fileNotes } from './file-notes.js';
import { MANIFEST } from './manifest.js';
import type { ManifestFile, Phase } from './store.js';

/**
 * In an artifact's folder: one for each gc that is about to take it, and the one that did has renamed its own. Renaming it, by gc, and removing
 * it, by whoever looks the artifact up, exclude each other. Who clears the folder away has renamed the mark once more, so that only one does: a
 * second one, by the same path, would meet what was published there since.
 */
const CONDEMNED = '.condemned-';
const REMOVED = '.removed';
const CLEARING = '.clearing';

/** Listing and removal in a folder. What is removed goes to `trash/` first, whole. */
export function fileCollection(root: string): Collectable {
  return {
    notes: fileNotes(root),
    artifacts: () => storedArtifacts(root),
    stored: (artifact) => storedIn(root, artifact),
    leftovers: () => leftoversOf(root),
    async condemn({ phase, key }) {
      const folder = join(root, 'artifacts', phase, key);
      const mark = join(folder, `${CONDEMNED}${randomUUID()}`);
      if ((await ifThere(writeFile(mark, '').then(() => true))) === undefined) return undefined;
      const { changedAt } = (await storedIn(root, { phase, key })) ?? { changedAt: Infinity };
      return {
        changedAt,
        spare: () => rm(mark, { force: true }),
        async take() {
          if ((await ifThere(rename(mark, join(folder, REMOVED)).then(() => true))) === undefined) return false;
          return clearAway(root, folder); // of several that take it one does
        },
      };
    },
    removeLeftover: (leftover, isNeeded) => removeLocal(root, leftover, isNeeded),
  };
}

/** Calls off what gc has not carried out. Which folder it is that is there, for `isStill`; undefined where the artifact is absent. */
export async function identify(folder: string): Promise<string | undefined> {
  const identity = await identityOf(folder);
  const names = await ifThere(readdir(folder));
  if (identity === undefined || names === undefined) return undefined;
  for (const name of names) if (name.startsWith(CONDEMNED)) await rm(join(folder, name), { force: true });
  return (await isRemoved(folder)) ? undefined : identity; // asked after that: whoever was first is seen
}

/** False where it was taken away since, or another has come into its place. */
export async function isStill(folder: string, identity: string): Promise<boolean> {
  return (await identityOf(folder)) === identity;
}

/** Numbers of inodes are given anew. */
async function identityOf(folder: string): Promise<string | undefined> {
  const status = await ifThere(stat(folder, { bigint: true }));
  return status && `${status.ino} ${status.birthtimeNs}`;
}

/** Frees the place of an artifact that was removed, for a publisher. One that clears it away is waited for, as long as it may be alive. */
export async function makeRoom(root: string, folder: string): Promise<void> {
  for (let look = 0; await isRemoved(folder); look++) {
    if (await clearAway(root, folder)) return;
    if (look === LOOKS) await discard(root, folder, isRemoved);
    await delay(LOOK_MS);
  }
}

/** Moving a folder takes a millisecond: after two seconds its mover was killed. */
const LOOKS = 100;
const LOOK_MS = 20;

async function clearAway(root: string, folder: string): Promise<boolean> {
  if ((await ifThere(rename(join(folder, REMOVED), join(folder, CLEARING)).then(() => true))) === undefined) return false;
  return discard(root, folder, isRemoved);
}

/**
 * Moves a folder to the trash and deletes it there; whether it did. Somebody may have put another thing in its place since it was looked at:
 * so what was moved is looked at once more, and goes back if it is not `rubbish`.
 */
export async function discard(root: string, folder: string, isRubbish: (moved: string) => Promise<boolean>): Promise<boolean> {
  const moved = join(root, TRASH, randomUUID());
  await mkdir(join(root, TRASH), { recursive: true });
  if ((await ifThere(rename(folder, moved).then(() => true))) === undefined) return false;
  if (await isRubbish(moved)) {
    await rm(moved, { recursive: true, force: true });
    return true;
  }
  await rename(moved, folder).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error; // a third one of the same key, which is as good
  });
  return false;
}

const TRASH = 'trash';

/** Asked in the order in which one becomes the other. */
async function isRemoved(folder: string): Promise<boolean> {
  return (await ifThere(stat(join(folder, REMOVED)))) !== undefined || (await ifThere(stat(join(folder, CLEARING)))) !== undefined;
}

/** A thing that is needed after all goes back to its place. */
export async function removeLocal(root: string, { kind, name }: Leftover, isNeeded: () => Promise<boolean>): Promise<boolean> {
  if (kind !== 'trash' && (await isNeeded())) return false;
  if (kind !== 'trash') return discard(root, join(root, name), async (moved) => (await isLeftover(moved, name)) && !(await isNeeded()));
  await rm(join(root, name), { recursive: true, force: true });
  return true;
}

/** Only in `artifacts/` can a publisher put a good thing into the place of a leftover. */
async function isLeftover(moved: string, name: string): Promise<boolean> {
  return !name.startsWith('artifacts/') || (await manifestIn(moved)) === undefined || (await isRemoved(moved));
}

async function* storedArtifacts(root: string): AsyncGenerator<StoredArtifact> {
  for await (const artifact of artifactNames(root)) {
    const stored = await storedIn(root, artifact);
    if (stored) yield stored;
  }
}

async function storedIn(root: string, { phase, key }: ArtifactName): Promise<StoredArtifact | undefined> {
  const folder = join(root, 'artifacts', phase, key);
  const manifest = await manifestIn(folder);
  return manifest && !(await isRemoved(folder)) ? { phase, key, ...manifest } : undefined;
}

async function* artifactNames(root: string): AsyncGenerator<ArtifactName> {
  for await (const phase of namesIn(join(root, 'artifacts'))) {
    for await (const key of namesIn(join(root, 'artifacts', phase))) yield { phase: phase as Phase, key };
  }
}

/** Undefined where it is missing or torn. */
async function manifestIn(folder: string): Promise<Pick<StoredArtifact, 'bytes' | 'changedAt'> | undefined> {
  const path = join(folder, MANIFEST);
  const text = await ifThere(readFile(path, 'utf8'));
  const status = await ifThere(stat(path));
  if (text === undefined || status === undefined) return undefined;
  try {
    const { files } = JSON.parse(text) as { files: readonly ManifestFile[] };
    return { bytes: files.reduce((sum, { bytes }) => sum + bytes, status.size), changedAt: status.mtimeMs };
  } catch {
    return undefined;
  }
}

async function* leftoversOf(root: string): AsyncGenerator<Leftover> {
  yield* localLeftovers(root);
  for await (const artifact of artifactNames(root)) {
    const name = `artifacts/${artifact.phase}/${artifact.key}`;
    if ((await storedIn(root, artifact)) === undefined) yield { kind: 'damaged', name, ...(await sizeOf(join(root, name))) };
  }
}

/** What a machine has of its own under its root, whatever store it uses. */
export async function* localLeftovers(root: string): AsyncGenerator<Leftover> {
  for (const [folder, kind] of OTHERS) {
    for await (const entry of namesIn(join(root, folder))) {
      const name = `${folder}/${entry}`;
      yield { kind, name, ...(OF_KEYS.includes(kind) && { key: entry }), ...(await sizeOf(join(root, name))) };
    }
  }
  for await (const key of namesIn(join(root, 'work'))) {
    for await (const attempt of namesIn(join(root, 'work', key))) {
      const name = `work/${key}/${attempt}`;
      yield { kind: 'work', name, key, ...(await sizeOf(join(root, name))) };
    }
  }
}

/** The trash first: whoever removes what is listed fills it. */
const OTHERS: readonly (readonly [string, Leftover['kind']])[] = [
  [TRASH, 'trash'],
  ['checkpoints', 'checkpoints'],
  ['leases', 'lease'],
  ['damaged', 'damaged'],
  ['temporary', 'copy'],
];

/** Those that have a folder for each key. */
const OF_KEYS: readonly Leftover['kind'][] = ['checkpoints', 'lease'];

async function* namesIn(folder: string): AsyncGenerator<string> {
  const entries = await ifThere(opendir(folder));
  if (entries) for await (const { name } of entries) yield name;
}

/** Of all files below, and when the newest of them, or of the folders, changed. */
async function sizeOf(path: string): Promise<Pick<Leftover, 'bytes' | 'changedAt'>> {
  const status = await ifThere(stat(path));
  if (!status) return { bytes: 0, changedAt: 0 };
  if (!status.isDirectory()) return { bytes: status.size, changedAt: status.mtimeMs };
  let [bytes, changedAt] = [0, status.mtimeMs];
  for await (const name of namesIn(path)) {
    const below = await sizeOf(join(path, name));
    bytes += below.bytes;
    changedAt = Math.max(changedAt, below.changedAt);
  }
  return { bytes, changedAt };
}
