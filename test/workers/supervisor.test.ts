import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { PipelineError } from '../../lib/errors.js';
import { connectClient, localConnection } from '../../workers/connection.js';
import { startEmbeddedServer } from '../../workers/embedded-server.js';
import { serverProgram } from '../../workers/places.js';
import { endProcess, isAlive } from '../../workers/processes.js';
import { resultOf, startOrAttach } from '../../workers/start-run.js';
import { supervise } from '../../workers/supervisor.js';
import { noServer } from '../workflows/server.js';
import { shortSpec } from '../workflows/spec.js';
import { freshHome, readRecorded } from './homes.js';

const program = await serverProgram(process.env).catch(() => '');
const WITHOUT_UI = { ports: { grpc: 0, ui: 0 }, hasUi: false };
const TSX = ['--import', import.meta.resolve('tsx')];

describe('the supervisor', { concurrency: 3 }, () => {
  test('a killed worker and a killed server come back, and a run goes on with them', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const events: string[] = [];
    const supervisor = await supervise({
      home,
      serverProgram: program,
      server: WITHOUT_UI,
      workerEntry: new URL('./fake-worker.ts', import.meta.url),
      onEvent: (line) => events.push(line),
      onGiveUp: (error) => events.push(error.message),
    });
    try {
      const first = supervisor.pids;
      process.kill(first.server, 'SIGKILL');
      await until(() => supervisor.pids.server !== first.server);
      process.kill(first.worker!, 'SIGKILL');
      await until(() => supervisor.pids.worker !== first.worker);
      assert.deepEqual(events, ['the server is gone; starting it again', 'the worker is gone (SIGKILL); starting it again']);

      assert.equal(await stateOfRun(supervisor.address), 'done');
      const { server, worker } = supervisor.pids;
      await supervisor.close();
      assert.ok(!isAlive(worker!) && !isAlive(server), 'something it started is left');
    } finally {
      await supervisor.close(AbortSignal.abort());
    }
  });

  test('a frozen worker and a frozen server are ended and started again', { skip: noServer }, async (t) => {
    const events: string[] = [];
    const supervisor = await supervise({
      home: await freshHome(t),
      serverProgram: program,
      server: WITHOUT_UI,
      workerEntry: new URL('./fake-worker.ts', import.meta.url),
      limits: { silentMs: 6_000, watchMs: 100 },
      onEvent: (line) => events.push(line),
      onGiveUp: (error) => events.push(error.message),
    });
    try {
      assert.equal(await stateOfRun(supervisor.address), 'done');
      const first = supervisor.pids;
      process.kill(first.worker!, 'SIGSTOP');
      process.kill(first.server, 'SIGSTOP');
      await until(() => supervisor.pids.server !== first.server && supervisor.pids.worker !== first.worker);
      assert.deepEqual(events.sort(), ['the server does not answer; starting it again', 'the worker does not answer; starting it again']);
      assert.ok(!isAlive(first.server) && !isAlive(first.worker!), 'a frozen process is left');
    } finally {
      await supervisor.close(AbortSignal.abort());
    }
  });

  test('a worker that keeps ending is given up, and the server is not blamed', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const workerEntry = join(home, 'broken-worker.mjs');
    await writeFile(workerEntry, 'process.exit(7);');
    const events: string[] = [];
    let onGiveUp!: (error: PipelineError) => void;
    const gaveUp = new Promise<PipelineError>((resolve) => (onGiveUp = resolve));
    const supervisor = await supervise({
      home,
      serverProgram: program,
      server: WITHOUT_UI,
      workerEntry: pathToFileURL(workerEntry),
      limits: { restarts: 1, watchMs: 20, backoffMs: 0 },
      onEvent: (line) => events.push(line),
      onGiveUp,
    });
    assert.equal((await gaveUp).code, 'WORKER_LOST');
    assert.deepEqual(events, ['the worker is gone (exit code 7); starting it again']);
    await supervisor.close();
  });

  test('what a killed command leaves: its worker ends by itself, its server waits for the next command, which ends it', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const command = spawn(process.execPath, [...TSX, fileURLToPath(new URL('./supervising-command.ts', import.meta.url)), home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(command.stdout, 'data')) as [Buffer];
    const { server, worker } = JSON.parse(line.toString()) as { server: number; worker: number };
    t.after(() => Promise.all([endProcess(worker, 5_000), endProcess(server, 5_000)]));
    command.kill('SIGKILL');
    await until(() => !isAlive(worker));
    assert.ok(isAlive(server));

    const next = await startEmbeddedServer({ home, program, ...WITHOUT_UI });
    assert.deepEqual([next.pid, next.isAdopted], [server, true]);
    await next.close();
    assert.ok(!isAlive(server));
  });

  test(
    'a worker process of the embedded server heeds no settings for another one, says when it is ready, and ends in good order when told to',
    { skip: noServer },
    async (t) => {
      const home = await freshHome(t);
      const server = await startEmbeddedServer({ home, program, ...WITHOUT_UI });
      t.after(() => endProcess(server.pid, 5_000));
      const { address } = await readRecorded(home);
      const entry = fileURLToPath(new URL('../../workers/worker.ts', import.meta.url));
      const worker = fork(entry, ['--home', home, '--embedded', address], {
        execArgv: TSX,
        env: { ...process.env, TEMPORAL_NAMESPACE: 'elsewhere', TEMPORAL_API_KEY: 'secret', TEMPORAL_TLS: 'true' },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      t.after(() => endProcess(worker.pid!, 5_000));
      await new Promise<void>((resolve) => worker.on('message', (message) => message === 'ready' && resolve()));
      worker.kill('SIGTERM');
      assert.deepEqual(await once(worker, 'exit'), [0, null]);
    },
  );
});

async function stateOfRun(address: string): Promise<string> {
  const client = await connectClient(localConnection(address));
  try {
    const { handle } = await startOrAttach(client, { run: 'supervised', spec: shortSpec(), specDigest: 'f'.repeat(64), locations: {}, text: '' });
    return (await resultOf(handle)).state;
  } finally {
    await client.connection.close();
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(20);
}
