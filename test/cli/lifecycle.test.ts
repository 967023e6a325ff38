import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { descendants } from '../../scripts/processes.js';
import { connectClient, localConnection } from '../../workers/connection.js';
import { startEmbeddedServer } from '../../workers/embedded-server.js';
import { endProcess, isAlive, killProcess } from '../../workers/processes.js';
import { serverProgram } from '../../workers/places.js';
import { startOrAttach } from '../../workers/start-run.js';
import { freshHome, readRecorded } from '../workers/homes.js';
import { noServer } from '../workflows/server.js';
import { shortSpec } from '../workflows/spec.js';

const program = await serverProgram(process.env).catch(() => '');
const environment = { ...process.env, TEMPORAL_ADDRESS: undefined, NOISY_STUDENT_HOME: undefined };

describe('commands and what they start', { concurrency: 2 }, () => {
  test('list in a fresh home is empty and starts nothing', async (t) => {
    const home = await freshHome(t);
    assert.deepEqual(await outcome(start(t, home, 'list', '--json')), { code: 0, stdout: '[]\n', stderr: '' });
    assert.ok(!existsSync(join(home, 'logs')));
  });

  for (const seconds of ['abc', '0', '-1']) {
    test(`--report-every ${seconds} is refused in a line`, async (t) => {
      const { code, stderr } = await outcome(start(t, await freshHome(t), 'run', '--report-every', seconds));
      assert.equal(code, 2);
      assert.match(stderr, /^error: .*--report-every.*must be a number of seconds above 0\.$/m);
    });
  }

  test('an unknown profile of Temporal is refused in a line', async (t) => {
    const { code, stderr } = await outcome(start(t, await freshHome(t), { TEMPORAL_PROFILE: 'nobody' }, 'list'));
    assert.equal(code, 2);
    assert.match(stderr, /^COMMAND_INVALID [^\n]*nobody[^\n]*\n$/);
  });

  test('status of an interrupted run says so without a worker, and names the home it was given', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    await interruptedRun(home);
    const { code, stdout } = await outcome(start(t, home, 'status', 'left'));
    assert.equal(code, 0);
    assert.match(stdout, /^left: running\n/);
    assert.ok(stdout.includes(`no worker answers for it; its pipeline goes on with it: npx noisy-student run PIPELINE --home ${home}\n`), stdout);
    assert.ok(!existsSync(join(home, 'embedded.json')), 'its server is left');
  });

  // The query of a run without a worker takes seconds: long enough for a signal to come in time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} to a command leaves no server behind`, { skip: noServer }, async (t) => {
      const home = await freshHome(t);
      await interruptedRun(home);
      const command = start(t, home, 'status', 'left');
      const ended = outcome(command);
      await until(() => existsSync(join(home, 'embedded.json')));
      const { pid } = await readRecorded(home);
      t.after(() => endProcess(pid, 5_000));
      command.kill(signal);
      assert.equal((await ended).code, 130);
      assert.ok(!isAlive(pid));
    });
  }

  test('a second Ctrl-C ends a run at once, with its worker and its server, though the worker is frozen', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const command = start(t, home, 'run', 'pipelines/smoke.yaml', '--json');
    const ended = outcome(command);
    await says(command, /started run/);
    const worker = descendants(command.pid!).find(({ command: line }) => line.includes('workers/worker'))!.pid;
    const { pid } = await readRecorded(home);
    t.after(() => Promise.all([endProcess(worker, 5_000), endProcess(pid, 5_000)]));
    process.kill(worker, 'SIGSTOP');
    command.kill('SIGINT');
    await says(command, /stopping run/);
    command.kill('SIGINT');
    assert.equal((await ended).code, 130);
    assert.ok(!isAlive(worker) && !isAlive(pid), 'something is left');
  });

  test('a run goes on to show its progress when its server comes back at another address', { skip: noServer }, async (t) => {
    const home = await freshHome(t);
    const command = start(t, home, 'run', 'pipelines/smoke.yaml', '--json');
    const ended = outcome(command);
    await says(command, /started run/);
    const { pid, address } = await readRecorded(home);
    t.after(async () => endProcess((await readRecorded(home).catch(() => ({ pid }))).pid, 5_000));
    command.kill('SIGSTOP'); // until another program has the port
    await killProcess(pid);
    const other = createServer().listen(Number(address.split(':')[1]), '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const attached = says(command, /attached to run/);
    command.kill('SIGCONT');
    await attached;
    assert.notEqual((await readRecorded(home)).address, address);
    await says(command, /"state":"running"/);
    command.kill('SIGINT');
    assert.equal((await ended).code, 130);
    assert.ok(!existsSync(join(home, 'embedded.json')), 'its server is left');
  });
});

/** Waits for a line on stderr that comes from now on. */
function says(command: ChildProcess, line: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    command.stderr!.on('data', (chunk: Buffer) => line.test((said += chunk.toString())) && resolve());
    command.once('exit', () => reject(new Error(`it ended without saying ${line}: ${said}`)));
  });
}

/** A run that is under way in the history of a home, without a server or a worker. */
async function interruptedRun(home: string): Promise<void> {
  const server = await startEmbeddedServer({ home, program, hasUi: false, ports: { grpc: 0, ui: 0 } });
  const client = await connectClient(localConnection(server.address));
  await startOrAttach(client, { run: 'left', spec: shortSpec(), specDigest: 'f'.repeat(64), locations: {}, text: '' });
  await client.connection.close();
  await server.close();
}

function start(t: TestContext, home: string, ...given: readonly (string | Record<string, string>)[]): ChildProcess {
  const args = given.filter((part) => typeof part === 'string');
  const extra = Object.assign({}, ...given.filter((part) => typeof part === 'object')) as Record<string, string>;
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args, '--home', home], {
    env: { ...environment, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => endProcess(child.pid!, 20_000));
  return child;
}

async function outcome(child: ChildProcess) {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(20);
}
