/**
 * Processes that work with a store until they are killed. `publish` publishes one artifact after the other, and says which are published.
 * `collect` is one gc after the other, and says what each has taken. `work` is one run after the other, until its input ends: a run finds or
 * publishes the artifacts of two of a few keys that all runs share, and opens and reads them again and again, as its phases do.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBlobCache } from '../../lib/store/blob-cache.js';
import { createFileStore } from '../../lib/store/file-store.js';
import { findGarbage, removeGarbage, type Garbage } from '../../lib/store/collect.js';
import { references, runName } from '../../lib/store/references.js';
import { s3Objects, type S3Location } from '../../lib/store/s3-objects.js';
import { createS3Store } from '../../lib/store/s3-store.js';

/** What a store is opened by in another process. */
export interface StoreAddress {
  readonly root: string;
  readonly s3?: S3Location;
}

export function openAddress({ root, s3 }: StoreAddress) {
  if (!s3) return createFileStore(root);
  return createS3Store({ root, objects: s3Objects(s3), cache: createBlobCache(root, { mostBytes: 2 ** 30, keepMs: 86_400_000, now: Date.now }) });
}

/** Times in a bucket are whole seconds. */
export const NOTHING_IS_YOUNG = -60_000;

if (process.argv[2] === 'publish') {
  const store = openAddress(JSON.parse(process.argv[3]!) as StoreAddress);
  for (let i = 0; ; i++) {
    const folder = await store.workFolder(`key-${i}`, `attempt-${process.pid}`);
    for (const name of ['a.bin', 'b.bin', 'c.bin']) await writeFile(join(folder, name), Buffer.alloc(300_000, `${i}${name}`));
    await store.publish('label', `key-${i}`, folder, { seconds: i });
    process.stdout.write(`${i}\n`);
  }
}

if (process.argv[2] === 'collect') {
  const store = openAddress(JSON.parse(process.argv[3]!) as StoreAddress);
  for (;;) {
    const found: Garbage[] = []; // all first, so that there is time for a run to come in between
    for await (const garbage of findGarbage(store, { olderThanMs: NOTHING_IS_YOUNG })) found.push(garbage);
    for (const garbage of found) {
      if ((await removeGarbage(store, garbage)) && garbage.item.kind === 'artifact') process.stdout.write(`${garbage.item.key}\n`);
    }
  }
}

if (process.argv[2] === 'work') {
  const store = openAddress(JSON.parse(process.argv[3]!) as StoreAddress);
  const { begin, use, finish, forget } = references(store.notes);
  const found = { runs: 0, reused: 0, published: 0 };
  const input = { hasEnded: false };
  process.stdin.resume().once('end', () => (input.hasEnded = true));
  for (; !input.hasEnded; found.runs++) {
    const [run, execution] = [runName(`run ${process.pid} ${found.runs}`), `${process.pid}-${found.runs}`];
    await begin(run);
    for (const n of [found.runs, found.runs * 7 + process.pid]) {
      const key = `shared-${n % 40}`; // so most are unused at any moment
      await use({ run, execution }, key);
      const before = await store.find('train', key);
      const folder = await store.workFolder(key, execution);
      await writeFile(join(folder, 'a.bin'), Buffer.alloc(5_000, key));
      const artifact = before ?? (await store.publish('train', key, folder, { seconds: 1 }));
      found[before ? 'reused' : 'published']++;
      for (let phase = 0; phase < 5; phase++) {
        const content = await readFile(join(await store.open(artifact), 'a.bin'), 'utf8');
        if (!content.startsWith(key)) throw new Error(`${key} holds ${content.slice(0, 20)}`);
      }
    }
    await finish(run);
    await forget(run); // and gc may take it all
  }
  process.stdout.write(JSON.stringify(found));
}
