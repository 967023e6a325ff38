import { createServer } from 'node:net';

/** The wanted port if it is free, else one that the system gives. */
export async function freePort(wanted: number, taken?: number): Promise<number> {
  return (wanted !== taken && (await tryPort(wanted))) || (await tryPort(0)) || wanted;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
