import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ModelFiles = Readonly<Record<string, Buffer>>;

/** A request that came, in the order of coming. */
export interface SeenRequest {
  /** The hub itself, or the other host that has the large files. */
  readonly host: 'hub' | 'storage';
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Bytes of a file that were given to the connection. */
  sent: number;
}

export interface HubServer {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  readonly requests: SeenRequest[];
  /** Gives a model's revision (`main` if left out) a new commit with these files, which is returned; older commits stay. */
  publish(id: string, files: ModelFiles, revision?: string): string;
  /** The next answers with this file break off after so many bytes. */
  cut(file: string, afterBytes: number, times?: number): void;
  /** The next answer with this file says nothing more after so many bytes; resolves when it came so far. */
  stall(file: string, afterBytes: number): Promise<void>;
  /** Other bytes are given in place of this file's, under the announced digest; undefined ends that. */
  spoil(file: string, bytes: Buffer | undefined): void;
  /** What the hub answers where the path has this part; undefined ends that. */
  answerWith(part: string, answer: { status: number; headers?: Record<string, string>; body?: string } | undefined): void;
  /** Whether a Range is answered by the whole file. */
  ignoresRanges: boolean;
  close(): Promise<void>;
}

/** By extension, as the `.gitattributes` of the hub has it: these lie in LFS, on another host. */
const LARGE = /\.(safetensors|bin|h5|msgpack)$/;

/**
 * A hub on 127.0.0.1 with what a client of models asks for: `api/models/ID/revision/REVISION`, and HEAD and GET of
 * `ID/resolve/REVISION/FILE`, with the headers of huggingface.co. Large files are redirected to a second port, small ones to a path
 * of the hub; both give ranges. With a token, the hub answers 401 to who does not send it.
 */
export async function startHubServer({ models, token }: { models: Readonly<Record<string, ModelFiles>>; token?: string }): Promise<HubServer> {
  const commits = new Map<string, ModelFiles>();
  const revisions = new Map<string, string>(); // 'id@revision' → commit
  const large = new Map<string, Buffer>(); // by SHA-256
  const digests = new Map<Buffer, string>();
  const requests: SeenRequest[] = [];
  const cuts: { file: string; afterBytes: number }[] = [];
  const stalls: { file: string; afterBytes: number; reached: () => void }[] = [];
  const spoilt = new Map<string, Buffer>();
  const answers = new Map<string, { status: number; headers?: Record<string, string>; body?: string }>();

  const hub = createServer((request, response) => answerAsHub(see('hub', request), response));
  const storage = createServer((request, response) => answerAsStorage(see('storage', request), response));
  const [endpoint, storageUrl] = await Promise.all([listen(hub), listen(storage)]);

  function see(host: SeenRequest['host'], { method = 'GET', url = '/', headers }: IncomingMessage): SeenRequest {
    const seen = { host, method, path: url, range: headers.range, authorization: headers.authorization, sent: 0 };
    requests.push(seen);
    return seen;
  }

  function answerAsHub(seen: SeenRequest, response: ServerResponse): void {
    const prepared = [...answers].find(([part]) => seen.path.includes(part))?.[1];
    if (prepared) return void response.writeHead(prepared.status, prepared.headers).end(prepared.body);
    if (token !== undefined && seen.authorization !== `Bearer ${token}`) return refuse(response, 401);
    const [, first, id, revision, file] = (HUB_PATH.exec(seen.path) ?? []).map((part) => decodeURIComponent(part ?? ''));
    if (id === undefined || ![...revisions.keys()].some((key) => key.startsWith(`${id}@`))) return refuse(response, 404, 'RepoNotFound');
    const commit = revisions.get(`${id}@${revision}`) ?? revision!;
    const files = commits.get(commit);
    if (files === undefined) return refuse(response, 404, 'RevisionNotFound');
    if (first === 'api/models/')
      return sendJson(response, 200, { _id: '0', id, sha: commit, siblings: Object.keys(files).map((rfilename) => ({ rfilename })) });
    const bytes = files[file!];
    if (bytes === undefined) return refuse(response, 404, 'EntryNotFound');
    response.setHeader('x-repo-commit', commit);
    if (first === 'api/resolve-cache/models/') return give(seen, response.setHeader('etag', `"${gitDigest(bytes)}"`), file!, bytes);
    if (!LARGE.test(file!)) return void response.writeHead(307, { location: `/api/resolve-cache/models/${id}/${commit}/${file}?etag=x` }).end();
    response.writeHead(302, {
      'x-linked-etag': `"${digests.get(bytes)!}"`,
      'x-linked-size': bytes.length,
      'x-xet-hash': digests.get(bytes)!,
      link: `<${endpoint}/api/models/${id}/xet-read-token/${commit}>; rel="xet-auth"`,
      location: `${storageUrl}/${digests.get(bytes)!}/${encodeURIComponent(file!)}?signature=secret`,
    });
    response.end();
  }

  function answerAsStorage(seen: SeenRequest, response: ServerResponse): void {
    const [, digest, file] = /^\/([0-9a-f]{64})\/([^?]+)\?signature=secret$/.exec(seen.path) ?? [];
    const bytes = large.get(digest ?? '');
    if (bytes === undefined) return refuse(response, 403);
    give(seen, response.setHeader('etag', '"an etag of the storage"'), decodeURIComponent(file!), bytes);
  }

  function give(seen: SeenRequest, response: ServerResponse, file: string, right: Buffer): void {
    const bytes = spoilt.get(file) ?? right;
    const first = server.ignoresRanges ? undefined : /^bytes=(\d+)-$/.exec(seen.range ?? '')?.[1];
    const start = Number(first ?? 0);
    if (first !== undefined && start >= bytes.length) return refuse(response, 416);
    const body = bytes.subarray(start);
    const range = first === undefined ? {} : { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': body.length, ...range });
    if (seen.method === 'HEAD') return void response.end();
    const cut = take(cuts, file);
    const stall = cut ? undefined : take(stalls, file); // the answer after it
    const sent = body.subarray(0, cut?.afterBytes ?? stall?.afterBytes);
    seen.sent = sent.length;
    if (cut) response.write(sent, () => response.destroy());
    else if (stall) response.write(sent, () => stall.reached());
    else response.end(sent);
  }

  const server: HubServer = {
    endpoint,
    requests,
    publish(id, files, revision = 'main') {
      for (const bytes of Object.values(files)) {
        digests.set(bytes, sha256(bytes));
        large.set(sha256(bytes), bytes);
      }
      const commit = sha1(JSON.stringify([id, ...Object.entries(files).map(([name, bytes]) => [name, digests.get(bytes)])]));
      commits.set(commit, files);
      revisions.set(`${id}@${revision}`, commit);
      return commit;
    },
    cut: (file, afterBytes, times = 1) => void cuts.push(...Array.from({ length: times }, () => ({ file, afterBytes }))),
    stall: (file, afterBytes) => new Promise((reached) => stalls.push({ file, afterBytes, reached })),
    spoil: (file, bytes) => void (bytes === undefined ? spoilt.delete(file) : spoilt.set(file, bytes)),
    answerWith: (part, answer) => void (answer === undefined ? answers.delete(part) : answers.set(part, answer)),
    ignoresRanges: false,
    close: async () => void (await Promise.all([hub, storage].map(closeServer))),
  };
  for (const [id, files] of Object.entries(models)) server.publish(id, files);
  return server;
}

/** What the path is, the id, the revision and the file, each URL-encoded. */
const HUB_PATH = /^\/(api\/models\/|api\/resolve-cache\/models\/|)([^/]+\/[^/]+)\/(?:revision\/|resolve\/|(?=[0-9a-f]{40}\/))([^/?]+)(?:\/([^?]+))?/;

/** SHA-1 of a file as git stores it: the ETag of a small file. */
export function gitDigest(bytes: Buffer): string {
  return sha1(Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sha1(bytes: Buffer | string): string {
  return createHash('sha1').update(bytes).digest('hex');
}

function take<T extends { readonly file: string }>(queue: T[], file: string): T | undefined {
  const index = queue.findIndex((entry) => entry.file === file);
  return index < 0 ? undefined : queue.splice(index, 1)[0];
}

function refuse(response: ServerResponse, status: number, errorCode?: string): void {
  if (errorCode !== undefined) response.setHeader('x-error-code', errorCode);
  sendJson(response, status, { error: `status ${status}` });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
