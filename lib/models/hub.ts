import { readFile } from 'node:fs/promises';
import { modelInfo } from '@huggingface/hub';
import { PipelineError, quoted } from '../errors.js';
import { isErrno } from '../store/disk.js';
import { blobPath, cachedCommit, COMMIT, isFile, linkBlob, missingFiles, modelFolder, snapshotFolder, writeReference } from './hub-cache.js';
import { announcedFile, download } from './hub-download.js';
import { checkHubFile, checkHubId, checkRevision } from './hub-names.js';
import { exchange, Unreachable, type Hub } from './hub-request.js';
import type { HubSettings } from './hub-settings.js';

export { hubSettings, type HubSettings } from './hub-settings.js';

/** Files of one model of the hub. */
export interface HubFiles {
  /** `org/name`. */
  readonly id: string;
  /** A branch, a tag, a pull request (`refs/pr/1`) or a commit; `main` if left out. */
  readonly revision?: string | undefined;
  /** Paths in the model, with '/'. All of them must be there. */
  readonly files: readonly string[];
}

export interface HubHooks {
  /** Bytes of one file that are there so far, of how many. */
  readonly onProgress?: ((progress: { readonly file: string; readonly received: number; readonly size: number }) => void) | undefined;
  /** One sentence, where the cache is used though the hub may have something newer. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Aborted to give up; its reason is thrown, and what was downloaded so far serves the next call. */
  readonly signal?: AbortSignal | undefined;
}

export interface HubSnapshot {
  /** Has the files at their paths, as symbolic links that stay inside the cache folder of the settings, though not inside this one. */
  readonly folder: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
}

/**
 * The folder of the cache that has the files, downloaded if need be. One request finds out which commit a revision is; a commit
 * that is cached needs none. Bytes are held to the digest that the hub announces before they get their name.
 *
 * `@huggingface/hub` (2.17.5) finds the commit and the list of files. Its `downloadFileToCacheDir` is not used: it starts a broken
 * download again from nothing, checks no digest, has all processes write to one unfinished file, and names a snapshot by the last
 * commit of each file, where Python would not find it. Its `fileDownloadInfo` follows redirections, behind which the announced
 * SHA-256 is gone. A HEAD request per file, as Python's client makes it, has all of that, and caching proxies answer it. The xet
 * protocol, which the library prefers for large files, has no digest of the whole file; the hub serves every such file by plain HTTP
 * too (Python's client takes that way where `hf_xet` is not installed), with ranges.
 *
 * Throws MODEL_UNKNOWN for a name that cannot be one, MODEL_UNAVAILABLE where the hub refuses or has no such file, HUB_UNREACHABLE
 * where neither the hub nor the cache can help, DOWNLOAD_CORRUPT, DISK_FULL.
 */
export async function fetchFromHub({ id, revision = 'main', files }: HubFiles, settings: HubSettings, hooks: HubHooks = {}): Promise<HubSnapshot> {
  checkHubId(id);
  checkRevision(revision);
  files.forEach(checkHubFile);
  const repository = modelFolder(settings.cache, id);
  const snapshot = (commit: string): HubSnapshot => ({ folder: snapshotFolder(repository, commit), commit });
  const cached = await cachedCommit(repository, revision, files);
  if (cached !== undefined && cached === revision) return snapshot(cached);
  try {
    if (settings.isOffline) throw new Unreachable('HF_HUB_OFFLINE is set');
    const hub = await connect(id, settings, hooks.signal);
    const found = await findCommit(cached === undefined ? hub : { ...hub, pausesMs: [] }, id, revision);
    await complete(hub, { id, revision, files }, { repository, ...found }, hooks);
    await writeReference(repository, revision, found.commit);
    return snapshot(found.commit);
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST')) {
      throw new PipelineError(
        'COMMAND_INVALID',
        `${settings.cache} cannot be written (${(error as NodeJS.ErrnoException).code}) · set HF_HUB_CACHE to a folder that can`,
        { cause: error },
      );
    }
    if (!(error instanceof Unreachable)) throw error;
    if (cached === undefined) throw unreachable(error, { id, revision, files }, settings);
    hooks.warn?.(`${id} (${revision}): ${error.message}; using the commit ${cached} that ${settings.cache} has`);
    return snapshot(cached);
  }
}

async function connect(id: string, settings: HubSettings, signal: AbortSignal | undefined): Promise<Hub> {
  const { endpoint, silenceMs, pausesMs } = settings;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.search) {
    throw new PipelineError('COMMAND_INVALID', `HF_ENDPOINT is ${quoted(endpoint)} · it has to be an address like https://huggingface.co`);
  }
  const token = settings.token ?? (settings.tokenFile === undefined ? undefined : await readToken(settings.tokenFile));
  // An error of the network would repeat it.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new PipelineError('COMMAND_INVALID', 'HF_TOKEN, or the file of the token, holds signs that no token has · set it again');
  return { endpoint, page: `${endpoint}/${id}`, token, silenceMs, pausesMs, signal };
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return undefined;
    throw error;
  }
}

interface Commit {
  readonly commit: string;
  /** Paths of all files, or none where a proxy does not say. */
  readonly paths: readonly string[];
}

/** The token goes in by `send`, not as the library's `accessToken`: that one refuses the tokens of private hubs, which begin otherwise. */
async function findCommit(hub: Hub, name: string, revision: string): Promise<Commit> {
  const info = await exchange(hub, ({ send }) =>
    modelInfo({ name, revision, hubUrl: hub.endpoint, additionalFields: ['sha', 'filePaths'], fetch: (url) => send(String(url)) }),
  );
  if (!COMMIT.test(info.sha) || (COMMIT.test(revision) && info.sha !== revision)) {
    throw new PipelineError(
      'MODEL_UNAVAILABLE',
      `${hub.page}: revision ${revision} is answered by ${JSON.stringify(info.sha)}, not by its commit · check HF_ENDPOINT`,
    );
  }
  return { commit: info.sha, paths: info.filePaths };
}

/** Downloads and links what a snapshot lacks. */
async function complete(
  hub: Hub,
  { revision, files }: HubFiles & { readonly revision: string },
  { repository, commit, paths }: Commit & { readonly repository: string },
  { onProgress }: HubHooks,
): Promise<void> {
  for (const file of await missingFiles(repository, commit, files)) {
    if (paths.length > 0 && !paths.includes(file)) throw noSuchFile(hub, revision, file, paths);
    const remote = await announcedFile(hub, `${hub.page}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`);
    const blob = blobPath(repository, remote.digest);
    if (!(await isFile(blob))) await download(hub, remote, blob, (received) => onProgress?.({ file, received, size: remote.size }));
    await linkBlob(repository, commit, file, remote.digest);
  }
}

const PICKLE = /(?:^|\/)[^/]+\.(?:bin|pt|pth|ckpt)$/;

function noSuchFile(hub: Hub, revision: string, file: string, paths: readonly string[]): PipelineError {
  const pickle = paths.find((path) => PICKLE.test(path));
  if (file.endsWith('.safetensors') && pickle !== undefined) {
    return new PipelineError(
      'MODEL_UNAVAILABLE',
      `${hub.page} (${revision}): has its weights as ${pickle} only, a pickle, which may run any code when it is read, and is refused · ` +
        `take a revision that has ${file}; or, if you trust it, convert it in Python by timm.models.save_for_hf(model, FOLDER, safe_serialization=True), and load local-dir:FOLDER`,
    );
  }
  const listed = `${paths.slice(0, 10).join(', ')}${paths.length > 10 ? ', …' : ''}`;
  return new PipelineError('MODEL_UNAVAILABLE', `${hub.page} (${revision}): has no ${file}, but ${listed} · choose another model or revision`);
}

function unreachable(error: Unreachable, { id, revision, files }: HubFiles, { endpoint, cache, isOffline }: HubSettings): PipelineError {
  const advice = isOffline
    ? `unset HF_HUB_OFFLINE to download it from ${endpoint}, or set HF_HUB_CACHE to a cache that has it`
    : 'check the network and HF_ENDPOINT, or set HF_HUB_CACHE to a cache that has it; what was downloaded so far is kept';
  return new PipelineError('HUB_UNREACHABLE', `${id} (${revision}): ${error.message}, and ${cache} does not hold ${files.join(', ')} · ${advice}`, {
    cause: error,
  });
}
