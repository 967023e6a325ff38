import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import type { BlobCache } from './blob-cache.js';
import { checkpointSteps, orDiskFull } from './disk.js';
import { describeFiles, digestOf, parseManifest } from './manifest.js';
import { sharedCheckpoints } from './s3-checkpoints.js';
import { s3Leases } from './s3-leases.js';
import type { Found, S3Objects } from './s3-objects.js';
import type { ArtifactStore, Manifest, ManifestFile, Phase } from './store.js';

/**
 * Artifacts in a bucket that machines share, with work and copies in `root`, a folder of this machine:
 * `artifacts/<phase>/<key>.json` is a manifest and the commit point, `blobs/<sha256>` are the files of all of them, each once, and
 * `damaged/` keeps the manifests of artifacts that did not verify, `checkpoints/` what trainings under way have reached, `leases/` who is at work.
 *
 * A manifest is written only where none is, or over the one that was found damaged, so of any number of publishers one wins; files are
 * there before it. Every method throws STORE_REFUSED, STORE_UNREACHABLE and DISK_FULL.
 */
export function createS3Store({ objects, cache, root }: { readonly objects: S3Objects; readonly cache: BlobCache; readonly root: string }): ArtifactStore {
  const shared = sharedCheckpoints(objects);
  const manifestName = (phase: Phase, key: string) => `artifacts/${phase}/${key}.json`;
  const blobName = (sha256: string) => `blobs/${sha256}`;
  const workFolders = (key: string) => join(root, 'work', key);
  const checkpointFolder = (key: string) => join(root, 'checkpoints', key);

  /** Verified copies of all files, or undefined where one is missing or damaged. */
  async function fetchFiles(files: readonly ManifestFile[]): Promise<LookedUp['copies']> {
    const copies: { path: string; copy: string }[] = [];
    for (const file of files) {
      const copy = await cache.hold(file, (path) => objects.download(blobName(file.sha256), path, file.bytes));
      if (copy === undefined) return undefined;
      copies.push({ path: file.path, copy });
    }
    return copies;
  }

  async function lookUp(phase: Phase, key: string): Promise<LookedUp> {
    const name = manifestName(phase, key);
    const found = await objects.get(name);
    if (found === undefined || found.text === DAMAGED) return { found };
    const manifest = parseManifest(found.text, phase, key);
    const copies = manifest && (await fetchFiles(manifest.files));
    if (manifest && copies) return { found, manifest, copies };
    const digest = createHash('sha256').update(found.text).digest('hex');
    await objects.putIf(`damaged/${phase}-${key}-${digest.slice(0, 16)}.json`, found.text); // two who find the same damage write the same
    await objects.putIf(name, DAMAGED, found.etag); // unless somebody has repaired it meanwhile
    return lookUp(phase, key);
  }

  /** What is there of the same size is taken to be right, and held to its digest by whoever reads it; `again` takes nothing to be right. */
  async function upload(folder: string, files: readonly ManifestFile[], again: boolean): Promise<void> {
    for (const { path, sha256, bytes } of files) {
      if (again || (await objects.sizeOf(blobName(sha256))) !== bytes) await objects.upload(blobName(sha256), join(folder, path));
    }
  }

  return {
    find: async (phase, key) => (await orDiskFull(root, () => lookUp(phase, key))).manifest,

    async peek(phase, key) {
      const found = await objects.get(manifestName(phase, key));
      return found === undefined ? undefined : parseManifest(found.text, phase, key);
    },

    async readText({ files }, path) {
      const copies = await orDiskFull(root, () => fetchFiles(files.filter((file) => file.path === path)));
      return copies?.[0] && readFile(copies[0].copy, 'utf8');
    },

    async reached(key) {
      const steps = [...(await checkpointSteps(checkpointFolder(key))), ...(await shared.stepsOf(key))];
      return steps.length === 0 ? undefined : Math.max(...steps);
    },

    async workFolder(key, attempt) {
      const folder = join(workFolders(key), attempt);
      return orDiskFull(folder, async () => {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        return folder;
      });
    },

    async publish(phase, key, folder, meta) {
      return orDiskFull(folder, async () => {
        const files = await describeFiles(folder);
        const manifest: Manifest = { phase, key, digest: digestOf(files), files, meta };
        for (;;) {
          const { found, manifest: winner } = await lookUp(phase, key);
          if (winner === undefined) {
            await upload(folder, files, found !== undefined);
            if (!(await objects.putIf(manifestName(phase, key), `${JSON.stringify(manifest, null, 2)}\n`, found?.etag))) continue; // somebody wrote meanwhile
            for (const file of files) await cache.adopt(join(folder, file.path), file);
          }
          await rm(folder, { recursive: true, force: true });
          return winner ?? manifest;
        }
      });
    },

    async open(ref) {
      const { manifest, copies } = await orDiskFull(root, () => lookUp(ref.phase, ref.key));
      if (copies && manifest?.digest === ref.digest) {
        const folder = await cache.assemble(ref.digest, copies);
        await cache.trim();
        return folder;
      }
      const found = manifest === undefined ? 'is not there' : `has the digest ${manifest.digest}, not ${ref.digest}`;
      throw new PipelineError(
        'ARTIFACT_MISSING',
        `${manifestName(ref.phase, ref.key)} of the store ${found} · run the pipeline again: what is missing is computed again`,
        { evidence: { phase: ref.phase, key: ref.key } },
      );
    },

    async checkpoints(key) {
      const folder = checkpointFolder(key);
      return orDiskFull(folder, async () => {
        await mkdir(folder, { recursive: true });
        await shared.fetch(key, folder);
        return folder;
      });
    },

    shareCheckpoints: (key) => shared.share(key, checkpointFolder(key)),

    leases: s3Leases(objects),

    async clear(key) {
      await shared.remove(key);
      await rm(checkpointFolder(key), { recursive: true, force: true });
      await rm(workFolders(key), { recursive: true, force: true });
    },
  };
}

interface LookedUp {
  /** What stands in the place of the manifest. */
  readonly found: Found | undefined;
  /** With verified copies of all its files. */
  readonly manifest?: Manifest;
  readonly copies?: readonly { readonly path: string; readonly copy: string }[] | undefined;
}

/** In the place of a manifest that did not verify: nothing is deleted that somebody might just have written. */
const DAMAGED = '{"damaged":true}';
