import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { isStatus, orAbsent, translated } from './s3-errors.js';

export interface S3Location {
  readonly bucket: string;
  /** In front of every name, '' or ending in '/'. */
  readonly prefix: string;
  /** Of another service than AWS. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Default: what AWS's own chain finds (environment, profile, role of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Of one request, the first included; between them the client waits, longer each time and by chance. Default: 6. */
  readonly attempts?: number | undefined;
  /** A request on which nothing moves for so long is broken off. Default: a minute. */
  readonly silenceMs?: number | undefined;
}

/** A small object with the mark by which a later write can tell that nobody changed it. */
export interface Found {
  readonly text: string;
  readonly etag: string;
  /** By the store's clock, milliseconds since 1970. */
  readonly changedAt: number;
}

export interface Entry {
  readonly name: string;
  readonly bytes: number;
  /** By the store's clock, milliseconds since 1970. */
  readonly changedAt: number;
}

/** An upload in parts that has not come to its end. Its parts take space, and `entries` does not show them. */
export interface OpenUpload {
  readonly name: string;
  readonly id: string;
  /** By the store's clock, milliseconds since 1970. */
  readonly begunAt: number;
}

/** The few things that a store asks of a bucket. All throw STORE_REFUSED and STORE_UNREACHABLE. */
export interface S3Objects {
  get(name: string): Promise<Found | undefined>;
  /** Writes only where nothing is, or, with an `etag`, where that is; whether it was written. The commit point of everything. */
  putIf(name: string, text: string, etag?: string): Promise<boolean>;
  /** Writes whatever is there. */
  put(name: string, text: string): Promise<void>;
  /** A file, in parts, each with its SHA-256, which the service checks. */
  upload(name: string, file: string): Promise<void>;
  /** Fills a file, by ranges read side by side. False where the object is not there, or has another size. */
  download(name: string, file: string, bytes: number): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Names that begin so, in order. */
  list(prefix: string): AsyncGenerator<string>;
  /** The same with what a listing tells; a page of a thousand at a time. */
  entries(prefix: string): AsyncGenerator<Entry>;
  openUploads(prefix: string): AsyncGenerator<OpenUpload>;
  abort(upload: OpenUpload): Promise<void>;
  close(): void;
}

/** Bytes of an upload's part and of a range that is read; S3 takes 10,000 parts of 5 MiB and more. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_ONCE = 4;

/** The objects of a bucket under a prefix. Asks for nothing until it is used. */
export function s3Objects({ bucket, prefix, endpoint, region, credentials, attempts = 6, silenceMs = 60_000 }: S3Location): S3Objects {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: silenceMs, socketTimeout: silenceMs },
    retryMode: 'standard',
    responseChecksumValidation: 'WHEN_REQUIRED', // damage is found by our own digests, and is no failure of a request
  });
  const at = (name: string) => ({ Bucket: bucket, Key: `${prefix}${name}` });
  const where = `s3://${bucket}/${prefix}`;
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translated(error, where);
    }
  };
  async function* entries(start: string): AsyncGenerator<Entry> {
    let token: string | undefined;
    do {
      const page = await ask(() =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}${start}`, ...(token !== undefined && { ContinuationToken: token }) })),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        yield { name: Key!.slice(prefix.length), bytes: Size ?? 0, changedAt: LastModified!.getTime() };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
  return {
    get: (name) =>
      ask(async () => {
        const found = await orAbsent(client.send(new GetObjectCommand(at(name))));
        return found && { text: await found.Body!.transformToString(), etag: found.ETag!, changedAt: found.LastModified!.getTime() };
      }),
    putIf: (name, text, etag) =>
      ask(async () => {
        const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
        try {
          await client.send(new PutObjectCommand({ ...at(name), Body: text, ContentType: 'application/json', ChecksumAlgorithm: 'SHA256', ...condition }));
          return true;
        } catch (error) {
          // 412: somebody was first; 409: somebody writes at this moment; 404: what should be replaced is gone.
          if (isStatus(error, 412, 409) || (etag !== undefined && isStatus(error, 404))) return false;
          throw error;
        }
      }),
    put: (name, text) =>
      ask(async () => {
        await client.send(new PutObjectCommand({ ...at(name), Body: text, ContentType: 'text/plain', ChecksumAlgorithm: 'SHA256' }));
      }),
    upload: (name, file) =>
      ask(async () => {
        const params = { ...at(name), Body: createReadStream(file, { highWaterMark: 2 ** 20 }), ChecksumAlgorithm: 'SHA256' } as const;
        await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
      }),
    download: (name, file, bytes) =>
      ask(async () => {
        const handle = await open(file, 'w');
        try {
          return await downloadRanges(client, at(name), handle, bytes);
        } finally {
          await handle.close();
        }
      }),
    remove: (name) =>
      ask(async () => {
        await client.send(new DeleteObjectCommand(at(name)));
      }),
    async *list(start) {
      for await (const { name } of entries(start)) yield name;
    },
    entries,
    async *openUploads(start) {
      let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
      while (next) {
        const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${prefix}${start}`, ...next });
        const page = await ask(() => client.send(command));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          yield { name: Key!.slice(prefix.length), id: UploadId!, begunAt: Initiated!.getTime() };
        }
        next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker!, UploadIdMarker: page.NextUploadIdMarker! } : undefined;
      }
    },
    abort: ({ name, id }) =>
      ask(async () => {
        try {
          await client.send(new AbortMultipartUploadCommand({ ...at(name), UploadId: id }));
        } catch (error) {
          if (!isStatus(error, 404)) throw error; // it has come to its end
        }
      }),
    close: () => client.destroy(),
  };
}

async function downloadRanges(client: S3Client, at: { Bucket: string; Key: string }, handle: FileHandle, bytes: number): Promise<boolean> {
  const head = await orAbsent(client.send(new HeadObjectCommand(at)));
  if (head?.ContentLength !== bytes) return false;
  const starts = Array.from({ length: Math.ceil(bytes / PART_BYTES) }, (_, part) => part * PART_BYTES);
  const readAll = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const end = Math.min(start + PART_BYTES, bytes);
      await readRange(client, at, head.ETag!, handle, start, end);
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, readAll));
  return true;
}

/** A body that breaks off is asked for again: the client repeats requests, but no half-read answers. */
async function readRange(client: S3Client, at: { Bucket: string; Key: string }, etag: string, handle: FileHandle, start: number, end: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const part = await client.send(new GetObjectCommand({ ...at, Range: `bytes=${start}-${end - 1}`, IfMatch: etag }));
    try {
      const read = await part.Body!.transformToByteArray();
      if (read.length !== end - start) throw new Error(`${read.length} bytes came of ${end - start}`);
      await handle.write(read, 0, read.length, start);
      return;
    } catch (error) {
      if (attempt === RANGE_ATTEMPTS) throw error;
    }
  }
}

const RANGE_ATTEMPTS = 5;

/** 404 also means that a bucket or, with some services, a user is not there. HEAD knows the second name only. */
