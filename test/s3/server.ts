import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { versitygw } from '../../scripts/versitygw.js';
import type { S3Location } from '../../lib/store/s3-objects.js';

export interface S3Server {
  readonly location: S3Location;
  /** Objects are plain files below it. */
  readonly folder: string;
  close(): Promise<void>;
}

const KEYS = { accessKeyId: 'test-access', secretAccessKey: 'test-secret' } as const;

/** A real S3-compatible server on 127.0.0.1 with one bucket, over a new folder. */
export async function startS3Server(): Promise<S3Server> {
  const built = versitygw();
  if (built.program === null) throw new Error(built.reason);
  const root = await mkdtemp(join(tmpdir(), 'noisy-student-s3-'));
  await mkdir(join(root, 'bucket'));
  const port = await freePort();
  const child = spawn(built.program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', root], {
    env: { ...process.env, ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  await listens(port);
  return {
    location: { bucket: 'bucket', prefix: 'project/', endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: KEYS, attempts: 3 },
    folder: join(root, 'bucket/project'),
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await delay(50);
  }
  throw new Error(`the S3 server does not listen on port ${port}`);
}
