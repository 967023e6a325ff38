import { join } from 'node:path';
import { PipelineError, quoted } from '../errors.js';
import { createFileStore } from './file-store.js';
import type { ArtifactStore } from './store.js';

export interface StoreSettings {
  /** `s3://BUCKET[/PREFIX]`; undefined: a folder of the home. */
  readonly address: string | undefined;
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Bytes that copies of a bucket's files may take on this machine. */
  readonly cacheBytes: number;
}

/** What the environment says: NOISY_STUDENT_STORE, and AWS's own variables; an empty one counts as none. Throws COMMAND_INVALID. */
export function storeSettings(environment: Readonly<Record<string, string | undefined>>): StoreSettings {
  const gibibytes = Number(environment['NOISY_STUDENT_STORE_CACHE_GB'] || 100);
  if (!(gibibytes > 0)) {
    throw new PipelineError(
      'COMMAND_INVALID',
      `NOISY_STUDENT_STORE_CACHE_GB is ${quoted(environment['NOISY_STUDENT_STORE_CACHE_GB'])}, but must be a number above 0`,
    );
  }
  const address = environment['NOISY_STUDENT_STORE'] || undefined;
  if (address !== undefined) parseAddress(address);
  return {
    address,
    endpoint: environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'] || undefined,
    region: environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || 'us-east-1',
    cacheBytes: gibibytes * 1e9,
  };
}

/** The store of a home: a folder, or a bucket that machines share, with work and copies in that folder. What talks to buckets is loaded if one is named. */
export async function openStore(home: string, { address, endpoint, region, cacheBytes }: StoreSettings, now: () => number): Promise<ArtifactStore> {
  const root = join(home, 'store');
  if (address === undefined) return createFileStore(root);
  const [{ createBlobCache }, { s3Objects }, { createS3Store }] = await Promise.all([
    import('./blob-cache.js'),
    import('./s3-objects.js'),
    import('./s3-store.js'),
  ]);
  const cache = createBlobCache(root, { mostBytes: cacheBytes, keepMs: LONGEST_ATTEMPT_MS, now });
  return createS3Store({ root, cache, objects: s3Objects({ ...parseAddress(address), endpoint, region }) });
}

/** An attempt of an activity may take a day, and reads what it opened at its beginning. */
const LONGEST_ATTEMPT_MS = 25 * 3_600_000;

function parseAddress(address: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]*))?$/.exec(address) ?? [];
  if (bucket === undefined)
    throw new PipelineError('COMMAND_INVALID', `NOISY_STUDENT_STORE is ${quoted(address)}, but must be s3://BUCKET or s3://BUCKET/PREFIX`);
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}
