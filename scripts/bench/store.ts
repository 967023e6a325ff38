import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileStore } from '../../lib/store/file-store.js';
import type { Contest } from './measure.js';
import { temporaryFolder } from './scratch.js';

/** Name → bytes: two chunks of pixels with their lines, as a prepared data set of 100 MB has them. */
const FILES: Readonly<Record<string, number>> = {
  'pool-00000.pixels': 48e6,
  'pool-00001.pixels': 48e6,
  'pool-00000.jsonl': 2e6,
  'pool-00001.jsonl': 2e6,
  'dataset.json': 400,
};

/**
 * The file store against what its work costs at the least: the bytes copied, and their SHA-256. All sides copy the same files from
 * the same place, so what is compared is the rest: listing, manifest, fsync and renaming.
 */
export async function* storeAgainstPlainFiles(): AsyncIterable<Contest> {
  const folder = temporaryFolder();
  const source = join(folder, 'source');
  await mkdir(source);
  for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(source, name), randomBytes(bytes));
  yield publishing(folder, source);
  yield await opening(folder, source);
}

const KEY = 'bench';

function publishing(folder: string, source: string): Contest {
  const [root, copy] = [join(folder, 'publishing'), join(folder, 'copy')];
  const clear = async () => {
    for (const made of [root, copy]) await rm(made, { recursive: true, force: true });
  };
  return {
    work: 'publish an artifact of 100 MB',
    async run() {
      const store = createFileStore(root);
      const output = await store.workFolder(KEY, 'attempt');
      await cp(source, output, { recursive: true });
      await store.publish('prepare', KEY, output, { seconds: 0 });
    },
    rivals: [
      {
        name: 'copy, SHA-256, fsync',
        async run() {
          await copyAndHash(source, copy);
          for (const name of Object.keys(FILES)) await sync(join(copy, name));
        },
      },
      { name: 'copy, SHA-256 (lost in a power cut)', run: () => copyAndHash(source, copy) },
    ],
    prepare: clear,
    close: clear,
  };
}

async function copyAndHash(source: string, copy: string): Promise<void> {
  await cp(source, copy, { recursive: true });
  await hashAll(copy);
}

/** By a store that has not seen the artifact yet, as in a new process: one that has looks at sizes and times alone. */
async function opening(folder: string, source: string): Promise<Contest> {
  const root = join(folder, 'opening');
  const store = createFileStore(root);
  const output = await store.workFolder(KEY, 'attempt');
  await cp(source, output, { recursive: true });
  const published = await store.publish('prepare', KEY, output, { seconds: 0 });
  return {
    work: 'open and verify an artifact of 100 MB',
    async run() {
      await createFileStore(root).open(published);
    },
    rivals: [{ name: 'SHA-256 of the files', run: () => hashAll(source) }],
    close: () => rm(root, { recursive: true }),
  };
}

/** By streams of 1 MiB: three times as fast as reading whole files of this size, or in pieces of Node's 64 KiB. */
async function hashAll(folder: string): Promise<void> {
  for (const name of Object.keys(FILES)) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
    hash.digest('hex');
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  await handle.sync();
  await handle.close();
}
