import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkpointSteps, isErrno } from './disk.js';
import { MANIFEST } from './manifest.js';
import type { S3Objects } from './s3-objects.js';
import type { ManifestFile } from './store.js';

/** The checkpoints of a key in the bucket: `checkpoints/<key>/step-<n>/…`, each complete once its manifest is there. */
export interface SharedCheckpoints {
  /** Steps of those in the bucket, newest first. */
  stepsOf(key: string): Promise<number[]>;
  /** Brings those that are newer than any in `folder`; whoever resumes from them verifies them, as its own. */
  fetch(key: string, folder: string): Promise<void>;
  /** Puts the newest of `folder` into the bucket, if it is not there, and removes all but the two newest. */
  share(key: string, folder: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** As many as a training keeps itself: the newest, and the one before it in case the newest turns out to be damaged. */
const KEPT = 2;

export function sharedCheckpoints(objects: S3Objects): SharedCheckpoints {
  /** Key → the newest step that is known to be in the bucket; keys without are of no training, and have nothing to remove. */
  const shared = new Map<string, number>();
  const prefixOf = (key: string) => `checkpoints/${key}/`;

  async function stepsOf(key: string): Promise<number[]> {
    const steps: number[] = [];
    for await (const name of objects.list(prefixOf(key))) {
      const [, step] = /\/step-(\d+)\/manifest\.json$/.exec(name) ?? [];
      if (step !== undefined) steps.push(Number(step));
    }
    return steps.sort((a, b) => b - a);
  }

  async function fetchStep(key: string, folder: string, step: number): Promise<void> {
    const place = `${prefixOf(key)}step-${step}/`;
    const manifest = await objects.get(`${place}${MANIFEST}`);
    if (manifest === undefined) return;
    const half = join(folder, `.unfinished-${randomUUID()}`);
    try {
      const files = [...filesOf(manifest.text), { path: MANIFEST, bytes: Buffer.byteLength(manifest.text) }];
      for (const { path, bytes } of files) {
        await mkdir(dirname(join(half, path)), { recursive: true });
        if (!(await objects.download(`${place}${path}`, join(half, path), bytes))) return; // removed meanwhile
      }
      await rename(half, join(folder, `step-${step}`));
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error; // it is there by now
    } finally {
      await rm(half, { recursive: true, force: true });
    }
  }

  async function removeStep(key: string, step: number): Promise<void> {
    const place = `${prefixOf(key)}step-${step}/`;
    await objects.remove(`${place}${MANIFEST}`); // first: what is left of it is no checkpoint
    for await (const name of objects.list(place)) await objects.remove(name);
  }

  return {
    stepsOf,
    async fetch(key, folder) {
      const [newest = -1] = await checkpointSteps(folder);
      const steps = await stepsOf(key);
      shared.set(key, steps[0] ?? -1);
      for (const step of steps.filter((known) => known > newest)) await fetchStep(key, folder, step);
    },
    async share(key, folder) {
      const [step] = await checkpointSteps(folder);
      if (step === undefined || step <= (shared.get(key) ?? -1)) return;
      const place = `${prefixOf(key)}step-${step}/`;
      const manifest = await readFile(join(folder, `step-${step}`, MANIFEST), 'utf8');
      for (const { path } of filesOf(manifest)) await objects.upload(`${place}${path}`, join(folder, `step-${step}`, path));
      await objects.putIf(`${place}${MANIFEST}`, manifest);
      shared.set(key, step);
      for (const old of (await stepsOf(key)).slice(KEPT)) await removeStep(key, old);
    },
    async remove(key) {
      shared.delete(key);
      for (const step of await stepsOf(key)) await removeStep(key, step);
      for await (const name of objects.list(prefixOf(key))) await objects.remove(name); // of an upload that was cut off
    },
  };
}

function filesOf(manifest: string): readonly Pick<ManifestFile, 'path' | 'bytes'>[] {
  return (JSON.parse(manifest) as { files: readonly ManifestFile[] }).files;
}
