import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import type { BlobCache } from './blob-cache.js';
import { checkpointSteps, emptyFolder, orDiskFull } from './disk.js';
import { describeFiles, digestOf, parseManifest } from './manifest.js';
import { sharedCheckpoints } from './s3-checkpoints.js';
import { condemnedIn, s3Collection } from './s3-collection.js';
import { DAMAGED, filesOf, manifestName, REMOVED, type StoredManifest } from './s3-layout.js';
import { s3Leases } from './s3-leases.js';
import type { Found, S3Objects } from './s3-objects.js';
import type { ArtifactStore, Manifest, Phase } from './store.js';

/**
 * Artifacts in a bucket that machines share, with work and copies in `root`, a folder of this machine:
 * `artifacts/<phase>/<key>.json` is a manifest and the commit point, `files/<phase>/<key>/<upload>/` are its files,
 * `damaged/` keeps the manifests of artifacts that did not verify, `checkpoints/` what trainings under way have reached, `leases/` who is at
 * work; see `references.ts` for `uses/`, `runs/` and `pins/`.
 *
 * A manifest is written only where none is, or over the one that was found damaged, so of any number of publishers one wins; files are
 * there before it. Every method throws STORE_REFUSED, STORE_UNREACHABLE and DISK_FULL.
 */
export function createS3Store({ objects, cache, root }: { readonly objects: S3Objects; readonly cache: BlobCache; readonly root: string }): ArtifactStore {
  const shared = sharedCheckpoints(objects);
  const leases = s3Leases(objects);
  const workFolders = (key: string) => join(root, 'work', key);
  const checkpointFolder = (key: string) => join(root, 'checkpoints', key);

  /** Verified copies of all files, or undefined where one is missing or damaged. */
  async function fetchFiles({ phase, key, upload, files }: StoredManifest): Promise<LookedUp['copies']> {
    const copies: { path: string; copy: string }[] = [];
    for (const file of files) {
      const copy = await cache.hold(file, (path) => objects.download(`${filesOf(phase, key, upload)}${file.path}`, path, file.bytes));
      if (copy === undefined) return undefined;
      copies.push({ path: file.path, copy });
    }
    return copies;
  }

  /** As it stands there, be it condemned; its files are not looked at. */
  async function stored(phase: Phase, key: string): Promise<StoredManifest | undefined> {
    const found = await objects.get(manifestName(phase, key));
    return found && (parseManifest(condemnedIn(found)?.text ?? found.text, phase, key) as StoredManifest | undefined);
  }

  async function lookUp(phase: Phase, key: string): Promise<LookedUp> {
    const name = manifestName(phase, key);
    const found = await objects.get(name);
    if (found === undefined || found.text === DAMAGED || found.text === REMOVED) return { found };
    const condemned = condemnedIn(found);
    if (condemned) {
      await objects.putIf(name, condemned.text, found.etag); // unless gc was first
      return lookUp(phase, key);
    }
    const stored = parseManifest(found.text, phase, key) as StoredManifest | undefined;
    const copies = stored && (await fetchFiles(stored));
    if (stored && copies) {
      const { upload, ...manifest } = stored;
      return { found, upload, manifest, copies };
    }
    const digest = createHash('sha256').update(found.text).digest('hex');
    await objects.putIf(`damaged/${phase}-${key}-${digest.slice(0, 16)}.json`, found.text); // two who find the same damage write the same
    await objects.putIf(name, DAMAGED, found.etag); // unless somebody has repaired it meanwhile
    return lookUp(phase, key);
  }

  return {
    ...s3Collection(objects, root),
    find: async (phase, key) => (await orDiskFull(root, () => lookUp(phase, key))).manifest,

    async peek(phase, key) {
      const { upload: _, ...manifest } = (await stored(phase, key)) ?? {};
      return 'digest' in manifest ? manifest : undefined;
    },

    async readText({ phase, key }, path) {
      const manifest = await stored(phase, key);
      const copies = manifest && (await orDiskFull(root, () => fetchFiles({ ...manifest, files: manifest.files.filter((file) => file.path === path) })));
      return copies?.[0] && readFile(copies[0].copy, 'utf8');
    },

    async reached(key) {
      const steps = [...(await checkpointSteps(checkpointFolder(key))), ...(await shared.stepsOf(key))];
      return steps.length === 0 ? undefined : Math.max(...steps);
    },

    async workFolder(key, attempt) {
      return emptyFolder(join(workFolders(key), attempt));
    },

    async publish(phase, key, folder, meta) {
      return orDiskFull(folder, async () => {
        const files = await describeFiles(folder);
        const manifest: Manifest = { phase, key, digest: digestOf(files), files, meta };
        const upload = randomUUID();
        const text = `${JSON.stringify({ ...manifest, upload } satisfies StoredManifest, null, 2)}\n`;
        let isUploaded = false;
        for (;;) {
          const { found, manifest: winner, upload: winners } = await lookUp(phase, key);
          if (winner === undefined) {
            if (!isUploaded) for (const { path } of files) await objects.upload(`${filesOf(phase, key, upload)}${path}`, join(folder, path));
            isUploaded = true;
            if (!(await objects.putIf(manifestName(phase, key), text, found?.etag))) continue; // somebody wrote meanwhile, or this did and did not hear of it
            for (const file of files) await cache.adopt(join(folder, file.path), file);
          } else if (isUploaded && winners !== upload) {
            for await (const file of objects.list(filesOf(phase, key, upload))) await objects.remove(file);
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

    leases,

    async clear(key) {
      await shared.remove(key);
      for (const number of await leases.numbers(key)) await leases.remove(key, number);
      await rm(checkpointFolder(key), { recursive: true, force: true });
      await rm(workFolders(key), { recursive: true, force: true });
    },
  };
}

interface LookedUp {
  /** What stands in the place of the manifest. */
  readonly found: Found | undefined;
  readonly upload?: string;
  /** With verified copies of all its files. */
  readonly manifest?: Manifest;
  readonly copies?: readonly { readonly path: string; readonly copy: string }[] | undefined;
}
