import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { connectClient, connectWorker, localConnection } from '../../workers/connection.js';
import { findEmbeddedServer, startEmbeddedServer, type EmbeddedServer } from '../../workers/embedded-server.js';
import { serverProgram } from '../../workers/places.js';
import { freePort } from '../../workers/ports.js';
import { endProcess, isAlive, markOf, type ProcessMark } from '../../workers/processes.js';
import { isError } from '../store/contract.js';
import { noServer } from '../workflows/server.js';
import { changeRecorded, ENDED, freshHome, readRecorded } from './homes.js';

const program = await serverProgram(process.env).catch(() => '');
const ANY_PORTS = { grpc: 0, ui: 0 };

describe('the embedded server', { concurrency: 3 }, () => {
  test('a killed server comes back with its database and at its address', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const first = await start(t, home);
    await startRun(first, 'before');
    process.kill(first.pid, 'SIGKILL');
    const second = await start(t, home);
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.address, first.address);
    assert.equal(await stateOf(second, 'before'), 'RUNNING');
  });

  test('a server that runs is adopted, also by two who ask at once, and found without starting one', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    assert.equal(await findEmbeddedServer(home), undefined);
    const [one, two] = await Promise.all([start(t, home), start(t, home)]);
    assert.equal(one.pid, two.pid);
    assert.deepEqual([one.isAdopted, two.isAdopted].sort(), [false, true]);
    assert.equal((await findEmbeddedServer(home))?.pid, one.pid);
  });

  test('homes that start at once and want the same port get a server each', { skip: noServer }, async (t) => {
    const grpc = await freePort(0);
    const homes = await Promise.all([1, 2, 3].map(() => freshHome(t)));
    const servers = await Promise.all(homes.map((home) => startEmbeddedServer({ home, program, ports: { grpc, ui: 0 }, hasUi: false })));
    t.after(() => Promise.all(servers.map((server) => server.close())));
    assert.equal(new Set(servers.map(({ address }) => address)).size, 3);
    await startRun(servers[0]!, 'of-the-first');
    for (const other of servers.slice(1)) await assert.rejects(stateOf(other, 'of-the-first'), /not found/i);
  });

  test('the last user that lives ends a server, whoever started it', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const starter = await start(t, home);
    const other = await otherProcess(t);
    await changeRecorded(home, { users: [...(await readRecorded(home)).users, other] });
    await starter.close();
    assert.ok(isAlive(starter.pid), 'ended under another user');
    assert.deepEqual((await readRecorded(home)).users, [other]);

    const gone = [ENDED, { ...other, started: 'before another process had its id' }];
    await changeRecorded(home, { users: gone });
    const last = await start(t, home);
    assert.equal(last.pid, starter.pid);
    await last.close();
    assert.ok(!isAlive(last.pid), 'left behind by the last user');
  });

  test('a server whose record was deleted is ended all the same', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const server = await start(t, home);
    await rm(join(home, 'embedded.json'));
    await server.close();
    assert.ok(!isAlive(server.pid));
  });

  test('a start that nobody wants any more leaves no server behind', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const stop = new AbortController();
    const reason = new Error('interrupted');
    const options = { home, program, ports: ANY_PORTS, hasUi: false, onLaunch: () => stop.abort(reason) };
    await assert.rejects(startEmbeddedServer({ ...options, signal: stop.signal }), reason);
    assert.ok(!isAlive((await readRecorded(home)).pid));
  });

  test('the process that has the recorded id now is left alone', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const { close } = await start(t, home);
    const { address } = await readRecorded(home);
    await close();
    await writeFile(join(home, 'embedded.json'), JSON.stringify({ pid: process.pid, users: [], address, ui: null, startedAt: '' }));
    const server = await start(t, home);
    assert.notEqual(server.pid, process.pid);
    assert.equal(server.isAdopted, false);
  });

  test('a taken port is not waited for: another one is used', { skip: noServer }, async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    t.after(() => taken.close());
    const { port } = taken.address() as { port: number };
    const server = await start(t, await freshHome(t), { grpc: port, ui: 0 });
    assert.notEqual(server.address, `127.0.0.1:${port}`);
  });

  test('a worker that starts before its server waits for it', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const { address, close } = await start(t, home);
    await close();
    const waiting = deferred<string>();
    const connecting = connectWorker(localConnection(address), { onWait: waiting.resolve, signal: new AbortController().signal });
    assert.match(await waiting.promise, new RegExp(`no Temporal server answers at ${address}`));
    await start(t, home, { grpc: Number(address.split(':')[1]), ui: 0 });
    await (await connecting)!.close();
  });

  test('a program that is not there, or does not serve, is said to be so', async (t) => {
    const home = await freshHome(t);
    await assert.rejects(startEmbeddedServer({ home, program: '/nowhere/temporal' }), isError('SERVER_MISSING'));
    await mkdir(join(home, 'logs'), { recursive: true });
    await assert.rejects(startEmbeddedServer({ home, program: '/bin/false', ports: ANY_PORTS }), isError('SERVER_UNREACHABLE'));
  });

  test('a client without a server is told so', async () => {
    await assert.rejects(connectClient(localConnection('127.0.0.1:1')), isError('SERVER_UNREACHABLE'));
  });
});

async function start(t: TestContext, home: string, ports = ANY_PORTS): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ home, program, ports, hasUi: false });
  t.after(() => endProcess(server.pid, 5_000));
  return server;
}

/** One that does nothing until the test is over. */
async function otherProcess(t: TestContext): Promise<ProcessMark> {
  const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1 << 30)'], { stdio: 'ignore' });
  t.after(() => endProcess(pid!, 5_000));
  return markOf(pid!)!;
}

async function startRun({ address }: EmbeddedServer, workflowId: string): Promise<void> {
  await withClient(address, (client) => client.workflow.start('noisyStudent', { workflowId, taskQueue: 'nobody' }));
}

async function stateOf({ address }: EmbeddedServer, workflowId: string): Promise<string> {
  return withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);
}

async function withClient<T>(address: string, talk: (client: Awaited<ReturnType<typeof connectClient>>) => Promise<T>): Promise<T> {
  const client = await connectClient(localConnection(address));
  try {
    return await talk(client);
  } finally {
    await client.connection.close();
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
