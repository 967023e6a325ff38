import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.js';
import { checkpointSteps, emptyFolder, isErrno, orDiskFull, readIfThere, sync, syncTree } from './disk.js';
import { fileCollection, identify, isStill, makeRoom } from './file-collection.js';
import { fileLeases } from './file-leases.js';
import { describeFiles, digestOf, MANIFEST, parseManifest, sha256Of } from './manifest.js';
import type { ArtifactStore, Manifest, ManifestFile, Phase } from './store.js';

/**
 * Artifacts in a folder of this machine, or of a file system that machines share:
 * `artifacts/<phase>/<key>/`, `work/<key>/<attempt>/`, `checkpoints/<key>/`, `leases/<key>/`, `damaged/<phase>-<key>-<unique>/`; see `references.ts` for
 * `uses/`, `runs/` and `pins/`.
 * Every method throws DISK_FULL if the disk has no space left.
 */
export function createFileStore(root: string): ArtifactStore {
  const verified: VerifiedFiles = new Map();
  const artifactFolder = (phase: Phase, key: string) => join(root, 'artifacts', phase, key);
  const workFolders = (key: string) => join(root, 'work', key);
  const checkpointFolder = (key: string) => join(root, 'checkpoints', key);

  async function find(phase: Phase, key: string): Promise<Manifest | undefined> {
    const folder = artifactFolder(phase, key);
    for (;;) {
      const identity = await identify(folder);
      if (identity === undefined) return undefined;
      const manifest = await readVerified(folder, phase, key, verified);
      if (manifest) return manifest;
      if (!(await isStill(folder, identity))) continue; // what was read belongs to two
      await moveAside(folder, join(root, 'damaged'), `${phase}-${key}`);
      return undefined;
    }
  }

  return {
    ...fileCollection(root),
    find,

    async peek(phase, key) {
      const text = await readIfThere(join(artifactFolder(phase, key), MANIFEST));
      return text === undefined ? undefined : parseManifest(text, phase, key);
    },

    async readText({ phase, key, files }, path) {
      const [file, expected] = [join(artifactFolder(phase, key), path), files.find((known) => known.path === path)];
      return expected && (await isRight(file, expected, verified)) ? readIfThere(file) : undefined;
    },

    reached: async (key) => (await checkpointSteps(checkpointFolder(key)))[0],

    async workFolder(key, attempt) {
      return emptyFolder(join(workFolders(key), attempt));
    },

    async publish(phase, key, folder, meta) {
      return orDiskFull(folder, async () => {
        const files = await describeFiles(folder);
        const manifest: Manifest = { phase, key, digest: digestOf(files), files, meta };
        await syncTree(folder);
        await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
        await sync(join(folder, MANIFEST));
        await sync(folder);
        const destination = artifactFolder(phase, key);
        await mkdir(dirname(destination), { recursive: true });
        for (;;) {
          if (await renameIfFree(folder, destination)) {
            await sync(dirname(destination));
            return manifest;
          }
          await makeRoom(root, destination);
          const winner = await find(phase, key); // moves a damaged one aside, and then the place is free
          if (winner === undefined) continue;
          await rm(folder, { recursive: true, force: true });
          return winner;
        }
      });
    },

    async open(ref) {
      const manifest = await find(ref.phase, ref.key);
      const folder = artifactFolder(ref.phase, ref.key);
      if (manifest?.digest === ref.digest) return folder;
      const found = manifest === undefined ? 'is not there' : `has the digest ${manifest.digest}, not ${ref.digest}`;
      throw new PipelineError('ARTIFACT_MISSING', `${folder} ${found} · run the pipeline again: what is missing is computed again`, {
        evidence: { phase: ref.phase, key: ref.key },
      });
    },

    async checkpoints(key) {
      const folder = checkpointFolder(key);
      return orDiskFull(folder, async () => {
        await mkdir(folder, { recursive: true });
        return folder;
      });
    },

    // Who shares the folder has them.
    shareCheckpoints: async () => undefined,

    leases: fileLeases(join(root, 'leases')),

    async clear(key) {
      await rm(join(root, 'leases', key), { recursive: true, force: true });
      await rm(checkpointFolder(key), { recursive: true, force: true });
      await rm(workFolders(key), { recursive: true, force: true });
    },
  };
}

/**
 * Path → what a file was like when its SHA-256 was last found right. A file of the same size, time and inode is
 * not read again by this process: a run asks for the same artifacts many times.
 */
type VerifiedFiles = Map<string, string>;

async function readVerified(folder: string, phase: Phase, key: string, verified: VerifiedFiles): Promise<Manifest | undefined> {
  const text = await readIfThere(join(folder, MANIFEST));
  const manifest = text === undefined ? undefined : parseManifest(text, phase, key);
  if (manifest === undefined) return undefined;
  for (const file of manifest.files) {
    if (!(await isRight(join(folder, file.path), file, verified))) return undefined;
  }
  return manifest;
}

async function isRight(path: string, expected: ManifestFile, verified: VerifiedFiles): Promise<boolean> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true });
    if (size !== BigInt(expected.bytes)) return false;
    const look = `${size} ${mtimeNs} ${ino} ${expected.sha256}`;
    if (verified.get(path) === look) return true;
    if ((await sha256Of(path)) !== expected.sha256) return false;
    verified.set(path, look);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return false;
    throw error;
  }
}

/** Somebody may look at it, nothing uses it again. Two who find the same damage: the second has nothing to move. */
async function moveAside(folder: string, damaged: string, name: string): Promise<void> {
  await mkdir(damaged, { recursive: true });
  try {
    await rename(folder, join(damaged, `${name}-${randomUUID().slice(0, 8)}`));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Renaming a folder onto one that has files fails, which is what makes publishing conditional. */
async function renameIfFree(folder: string, destination: string): Promise<boolean> {
  try {
    await rename(folder, destination);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}
