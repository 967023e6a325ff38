import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PipelineError } from '../errors.js';
import { orDiskFull, sync } from '../store/disk.js';
import { isFile } from './hub-cache.js';
import { exchange, Unreachable, type Hub } from './hub-request.js';
import { releasePartial, removeOrphans, takePartial } from './hub-partial.js';

/** A file of one commit, as the hub announces it. */
export interface RemoteFile {
  readonly url: string;
  /** SHA-256 of the bytes where it has 64 digits; where it has 40, SHA-1 of `blob <size>\0` and the bytes, as git has it. */
  readonly digest: string;
  readonly size: number;
}

/** Throws Unreachable, MODEL_UNAVAILABLE, and DOWNLOAD_CORRUPT where the hub announces no digest that bytes could be held to. */
export async function announcedFile(hub: Hub, url: string): Promise<RemoteFile> {
  const response = await exchange(hub, ({ send }) => send(url, { method: 'HEAD', isEnough: hasAnnouncement }));
  const { digest, size } = announcement(response);
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest) || !Number.isSafeInteger(size)) {
    const found = `ETag "${digest.slice(0, 80)}" and size ${size}`;
    throw new PipelineError(
      'DOWNLOAD_CORRUPT',
      `${url}: ${found}; a SHA-256 or git's SHA-1 and a size are needed to check the bytes · use another HF_ENDPOINT`,
    );
  }
  return { url, digest, size };
}

/** For a file in LFS it stands at the redirection; the host behind it may have an ETag of its own. */
function hasAnnouncement({ headers }: Response): boolean {
  return headers.has('x-linked-etag') && headers.has('x-linked-size');
}

function announcement({ headers }: Response): { readonly digest: string; readonly size: number } {
  const etag = headers.get('x-linked-etag') ?? headers.get('etag') ?? '';
  return { digest: etag.replace(/^W\//, '').replaceAll('"', ''), size: Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? NaN) };
}

/**
 * Downloads a file to `blob`, where it appears whole and with the announced digest, or not at all. What is left of a download
 * that broke off is gone on with; should it have been damaged, the file is downloaded once more from its start.
 * Throws Unreachable, MODEL_UNAVAILABLE, DOWNLOAD_CORRUPT, DISK_FULL. `onBytes` gets the bytes that are there so far.
 */
export async function download(hub: Hub, file: RemoteFile, blob: string, onBytes: (received: number) => void): Promise<void> {
  await mkdir(dirname(blob), { recursive: true });
  await refuseWithoutSpace(file, blob);
  const partial = await takePartial(blob);
  try {
    await orDiskFull(dirname(blob), async () => {
      const isResumed = (await sizeOf(partial)) > 0;
      if (!(await fill(hub, file, partial, onBytes)) && !(isResumed && (await refill(hub, file, partial, onBytes)))) {
        await rm(partial, { force: true });
        const expected = `${file.size} bytes with the digest ${file.digest}`;
        throw new PipelineError('DOWNLOAD_CORRUPT', `${file.url}: what came is not the announced ${expected}, and was removed · try again later`, {
          evidence: { digest: file.digest, size: file.size },
        });
      }
      await sync(partial);
      await rename(partial, blob);
    });
  } finally {
    releasePartial(partial);
    if (await isFile(blob)) await removeOrphans(blob); // also where another download was faster, and this one failed
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}

/** From the start, and once: what was left was damaged, as a machine without power leaves it. */
async function refill(...[hub, file, partial, onBytes]: Parameters<typeof fill>): Promise<boolean> {
  await rm(partial);
  return fill(hub, file, partial, onBytes);
}

/** Gets what is missing in the file at `path`. False if the bytes are not those that were announced. */
async function fill(hub: Hub, { url, digest, size }: RemoteFile, path: string, onBytes: (received: number) => void): Promise<boolean> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
  let isTooLong = false;
  try {
    await exchange(hub, async ({ send, heard }) => {
      let present = (await handle.stat()).size;
      if (present === size) return;
      if (present > size) await handle.truncate((present = 0));
      const range = { range: `bytes=${present}-` };
      const response = await send(url, { headers: present > 0 ? range : {}, understood: [416] });
      const start = startOf(response, present, size);
      if (start !== present) await handle.truncate(0);
      if (start === undefined) {
        await response.body?.cancel();
        throw new Unreachable(`${hub.endpoint} does not give the rest of a file that was begun`);
      }
      let received = start;
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        heard(received + chunk.length);
        isTooLong = received + chunk.length > size;
        if (isTooLong) return;
        await writeAt(handle, chunk, received);
        onBytes((received += chunk.length));
      }
      if (received < size) throw new Unreachable(`${hub.endpoint} broke off after ${received} of ${size} bytes`);
    });
  } finally {
    await handle.close();
  }
  return !isTooLong && (await digestOf(path, digest, size)) === digest;
}

/** Where the bytes of an answer belong: behind those that are there, or at the start from a server without ranges; undefined if nowhere. */
function startOf({ status, headers }: Response, present: number, size: number): number | undefined {
  if (status === 200) return 0;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return status === 206 && Number(start) === present && Number(total) === size ? present : undefined;
}

/** At its place rather than at the end, so that a second writer of the same file could only write the same bytes there. */
async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

async function digestOf(path: string, announced: string, size: number): Promise<string> {
  const hash = announced.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function refuseWithoutSpace({ size }: RemoteFile, blob: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(blob));
  if (size <= bavail * bsize) return;
  const found = `${dirname(blob)} has ${Math.floor((bavail * bsize) / 1e6)} MB free, and the file has ${Math.ceil(size / 1e6)} MB`;
  throw new PipelineError('DISK_FULL', `${found} · make room, or set HF_HUB_CACHE to a folder on a larger disk`);
}
