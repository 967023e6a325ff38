/** A process that publishes one artifact after the other, and says which are published, until it is killed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBlobCache } from '../../lib/store/blob-cache.js';
import { createFileStore } from '../../lib/store/file-store.js';
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

if (process.argv[2] === 'publish') {
  const store = openAddress(JSON.parse(process.argv[3]!) as StoreAddress);
  for (let i = 0; ; i++) {
    const folder = await store.workFolder(`key-${i}`, `attempt-${process.pid}`);
    for (const name of ['a.bin', 'b.bin', 'c.bin']) await writeFile(join(folder, name), Buffer.alloc(300_000, `${i}${name}`));
    await store.publish('label', `key-${i}`, folder, { seconds: i });
    process.stdout.write(`${i}\n`);
  }
}
