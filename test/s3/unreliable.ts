import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault = 'answers 503' | 'answers 500' | 'says nothing' | 'breaks off the answer' | 'breaks off the request';

export interface Unreliable {
  readonly endpoint: string;
  /** Of each kind that happened. */
  readonly happened: Map<Fault, number>;
  close(): void;
}

/** Stands before a server and lets `faultAt(n)` happen to the n-th request. */
export async function unreliable(target: string, faultAt: (request: number) => Fault | undefined): Promise<Unreliable> {
  const happened = new Map<Fault, number>();
  let requests = 0;
  const server = createServer((incoming, answer) => {
    const fault = faultAt(requests++);
    if (fault !== undefined) happened.set(fault, (happened.get(fault) ?? 0) + 1);
    if (fault === undefined) forward(target, incoming, answer, (from) => from.pipe(answer));
    else FAULTS[fault](target, incoming, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    happened,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const FAULTS: Readonly<Record<Fault, (target: string, incoming: IncomingMessage, answer: ServerResponse) => void>> = {
  'answers 503': (_target, incoming, answer) => refuse(503, 'SlowDown', incoming, answer),
  'answers 500': (_target, incoming, answer) => refuse(500, 'InternalError', incoming, answer),
  'says nothing': (_target, incoming) => void incoming.resume(),
  'breaks off the request': (_target, incoming) => void incoming.once('data', () => incoming.destroy()).once('end', () => incoming.destroy()),
  // The work is done, and the client does not hear of it.
  'breaks off the answer': (target, incoming, answer) =>
    forward(target, incoming, answer, (from) => {
      from.once('data', (chunk: Buffer) => answer.write(chunk.subarray(0, chunk.length / 2), () => answer.destroy()));
      from.once('end', () => answer.destroy());
    }),
};

/** The host stays as the client signed it. */
function forward(target: string, incoming: IncomingMessage, answer: ServerResponse, give: (from: IncomingMessage) => void): void {
  const { port } = new URL(target);
  const out = request({ host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (from) => {
    answer.writeHead(from.statusCode!, from.headers);
    give(from);
  });
  out.on('error', () => answer.destroy());
  incoming.on('error', () => out.destroy());
  incoming.pipe(out);
}

function refuse(status: number, code: string, incoming: IncomingMessage, answer: ServerResponse): void {
  incoming.resume();
  incoming.once('end', () =>
    answer.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code><Message>later</Message></Error>`),
  );
}
