import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import { readTensors, writeTensors, type StoredTensor } from '../models/safetensors.js';
import { checkpointSteps, isErrno, isThere, orDiskFull, sync, syncTree } from '../store/disk.js';
import { describeFiles, MANIFEST } from '../store/manifest.js';
import type { ManifestFile } from '../store/store.js';
import type { RunProgress } from './progress.js';

/** Complete progress of a training: loading it and going on gives the bytes of a training that was never stopped. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly progress: RunProgress;
}

const STATE = 'state.safetensors';
const PROGRESS = 'progress.json';
const UNFINISHED = '.unfinished-';

/** How many are kept: the newest, and the one before it in case the newest turns out to be damaged. */
const KEPT = 2;

/**
 * Writes `step-<n>/` under `folder`: state.safetensors, progress.json, and last manifest.json with their sizes and SHA-256.
 * It is on the disk and verified before an older one is removed; a kill at any moment leaves the older ones as they were. Returns its
 * size in bytes. Throws TRAINING_DIVERGED, and writes nothing, for a number that is NaN or infinite: what is saved can be gone back to.
 */
export async function saveCheckpoint(folder: string, { tensors, progress }: Checkpoint): Promise<number> {
  checkFinite(tensors, progress.step);
  return orDiskFull(folder, async () => {
    const unfinished = await mkdtemp(join(folder, UNFINISHED));
    try {
      await writeTensors(join(unfinished, STATE), { tensors, metadata: { step: String(progress.step) } });
      await writeFile(join(unfinished, PROGRESS), `${JSON.stringify(progress)}\n`);
      const files = await describeFiles(unfinished);
      await writeFile(join(unfinished, MANIFEST), `${JSON.stringify({ files }, null, 2)}\n`);
      await syncTree(unfinished);
      await commit(folder, unfinished, progress.step);
      await removeOlder(folder, progress.step);
      return files.reduce((sum, { bytes }) => sum + bytes, 0);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true }); // a full disk has room again
      throw error;
    }
  });
}

function checkFinite(tensors: Checkpoint['tensors'], step: number): void {
  for (const [name, { values }] of tensors) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at === -1) continue;
    throw new PipelineError('TRAINING_DIVERGED', `step ${step}: ${name} holds ${values[at]} · lower training.schedule.rate or warm up longer`, {
      evidence: { step, tensor: name, at, value: String(values[at]) },
    });
  }
}

/**
 * The newest checkpoint under `folder` that verifies, or undefined. Each damaged one on the way is named in a warning and
 * set aside. Only for the one who trains here.
 */
export async function newestCheckpoint(folder: string, warn: (message: string) => void): Promise<(Checkpoint & { readonly path: string }) | undefined> {
  for (const step of await checkpointSteps(folder)) {
    const path = pathOf(folder, step);
    const found = await verified(path);
    if (typeof found !== 'string') return { ...found, path };
    warn(`${path} is damaged (${found}); falling back to the one before it`);
    await setAside(folder, step);
  }
  return undefined;
}

/** So that nobody takes it for progress; it goes with the others when the training is published. */
async function setAside(folder: string, step: number): Promise<void> {
  const aside = join(folder, `damaged-${step}`);
  await rm(aside, { recursive: true, force: true });
  await rename(pathOf(folder, step), aside).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
}

/** What is wrong with it, if it cannot be used. Somebody may remove it at this very moment. */
async function verified(path: string): Promise<Checkpoint | string> {
  const damage = await damageOf(path);
  if (damage !== undefined) return damage;
  try {
    const { tensors } = await readTensors(join(path, STATE));
    return { tensors, progress: JSON.parse(await readFile(join(path, PROGRESS), 'utf8')) as RunProgress };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'it was removed meanwhile';
    throw error;
  }
}

/** Removes what a killed training left half written. Only for the one who trains here: another's would be removed under its hands. */
export async function removeUnfinished(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => name.startsWith(UNFINISHED)).map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Renaming is the commit point. One of that step may be there already: the same bytes from another attempt, or damaged. */
async function commit(folder: string, unfinished: string, step: number): Promise<void> {
  const path = pathOf(folder, step);
  while ((await damageOf(path)) !== undefined) {
    await rm(path, { recursive: true, force: true });
    await rename(unfinished, path).catch((error: unknown) => {
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error; // another attempt was faster: its own is looked at
    });
    await sync(folder);
    const damage = await damageOf(path);
    if (damage !== undefined && !(await isThere(unfinished))) throw new Error(`${path} does not hold what was just written: ${damage}`);
  }
  await rm(unfinished, { recursive: true, force: true });
}

async function removeOlder(folder: string, step: number): Promise<void> {
  const older = (await checkpointSteps(folder)).filter((other) => other < step);
  await Promise.all(older.slice(KEPT - 1).map((other) => rm(pathOf(folder, other), { recursive: true, force: true })));
}

function pathOf(folder: string, step: number): string {
  return join(folder, `step-${step}`);
}

/** What is wrong with a checkpoint, or undefined when its files are as its manifest says. */
async function damageOf(path: string): Promise<string | undefined> {
  try {
    const { files } = JSON.parse(await readFile(join(path, MANIFEST), 'utf8')) as { files: readonly ManifestFile[] };
    const found = new Map((await describeFiles(path)).map((file) => [file.path, file]));
    for (const { path: name, bytes, sha256 } of files) {
      const file = found.get(name);
      if (!file) return `${name} is missing`;
      if (file.bytes !== bytes) return `${name} has ${file.bytes} bytes instead of ${bytes}`;
      if (file.sha256 !== sha256) return `${name} has other content`;
    }
    return undefined;
  } catch (error) {
    return `its manifest cannot be read: ${(error as Error).message}`;
  }
}
