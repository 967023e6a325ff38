import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.js';
import { ensureSearchAttributes } from './connection.js';
import { withLock } from './lock.js';
import { freePort } from './ports.js';
import { commandOf, endProcess, isAlive } from './processes.js';
import { databaseOf, isOurs, readRecord, removeRecord, writeRecord, type ServerRecord } from './server-record.js';

export interface EmbeddedServerOptions {
  /** Absolute; holds `temporal.db`, `embedded.json` and `logs/server.log`. */
  readonly home: string;
  /** The Temporal server's program; see `serverProgram`. */
  readonly program: string;
  /** Wanted ports of a first server and its UI; a later one takes those of the one before. Others are taken where they are not free. */
  readonly ports?: { readonly grpc: number; readonly ui: number };
  readonly hasUi?: boolean;
  /** Told the address as soon as it is chosen, while the server is still coming up. */
  onLaunch?(address: string): void;
}

export interface EmbeddedServer {
  readonly pid: number;
  readonly address: string;
  /** URL of the UI, null without one. */
  readonly ui: string | null;
  /** It ran already. */
  readonly isAdopted: boolean;
  /** Ends it, if this process is the one that is to. Gone when it resolves. */
  close(): Promise<void>;
}

const PORTS = { grpc: 7233, ui: 8233 };
const WAIT_MS = 60_000; // half a second on a free machine, 18 s beside a build
const GRACE_MS = 10_000; // it closes its database within a second

/**
 * Starts the server of a home, or adopts the one that runs. It outlives a killed owner, and the database is good
 * after any end. Throws SERVER_MISSING without the program, SERVER_UNREACHABLE if it does not come up.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  if (!existsSync(options.program)) {
    throw new PipelineError('SERVER_MISSING', `the Temporal server program is not at ${options.program} · run: npm run setup, or set TEMPORAL_CLI_PATH`);
  }
  await mkdir(join(options.home, 'logs'), { recursive: true });
  return withLock(join(options.home, 'embedded.lock'), async () => {
    const recorded = await readRecord(options.home);
    const server = (recorded && (await adopt(recorded, options))) ?? (await startFirstFree(recorded, options));
    await writeRecord(options.home, server.record);
    return {
      pid: server.record.pid,
      address: server.record.address,
      ui: server.record.ui,
      isAdopted: server.isAdopted,
      close: () => closeServer(options.home, server.record),
    };
  });
}

/** Where set-up put the server's program; TEMPORAL_CLI_PATH names another. */
export async function serverProgram(environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const given = environment['TEMPORAL_CLI_PATH'];
  if (given) return given;
  const places = fileURLToPath(new URL('../node_modules/.cache/noisy-student/places.json', import.meta.url));
  const text = await readFile(places, 'utf8').catch(() => '{}');
  const { server } = JSON.parse(text) as { server?: string };
  if (server === undefined)
    throw new PipelineError('SERVER_MISSING', `the Temporal server is not set up (${places} does not name it) · run: npm run setup, or set TEMPORAL_CLI_PATH`);
  return server;
}

/** The server that runs for a home, without starting one. */
export async function findEmbeddedServer(home: string): Promise<{ address: string; ui: string | null; pid: number } | undefined> {
  const record = await readRecord(home);
  return record && isOurs(record, home) && (await answers(record.address)) ? record : undefined;
}

interface Found {
  readonly record: ServerRecord;
  readonly isAdopted: boolean;
}

/** A recorded server that lives is waited for: it may be starting. One that does not answer in time is ended. */
async function adopt(record: ServerRecord, { home }: EmbeddedServerOptions): Promise<Found | undefined> {
  await whileEnding(record.pid);
  if (!isOurs(record, home)) return undefined;
  if (!(await waitUntilReady(record))) {
    // Its database must not be opened before it is gone: a second server on it fails with a disk error.
    await endProcess(record.pid, GRACE_MS);
    return undefined;
  }
  const owner = isAlive(record.owner) ? record.owner : process.pid;
  return { record: { ...record, owner }, isAdopted: true };
}

/** A process that was killed has no arguments any more, but for a moment still its ports and its database. */
async function whileEnding(pid: number): Promise<void> {
  const isEnding = () => isAlive(pid) && commandOf(pid)?.length === 0;
  for (const deadline = performance.now() + GRACE_MS; isEnding() && performance.now() < deadline; await delay(20));
}

/** A port may be taken between looking at it and the server's taking it: then the next try looks again. */
async function startFirstFree(recorded: ServerRecord | undefined, options: EmbeddedServerOptions): Promise<Found> {
  const wanted = portsOf(recorded) ?? options.ports ?? PORTS;
  for (let tries = 1; ; tries++) {
    const grpc = await freePort(wanted.grpc);
    const ui = options.hasUi === false ? null : await freePort(wanted.ui, grpc);
    const record: ServerRecord = {
      pid: launch(options, grpc, ui),
      address: `127.0.0.1:${grpc}`,
      ui: ui === null ? null : `http://127.0.0.1:${ui}`,
      startedAt: new Date().toISOString(),
      owner: process.pid,
    };
    await writeRecord(options.home, record); // before it answers: who comes now waits for it
    options.onLaunch?.(record.address);
    if (await waitUntilReady(record)) return { record, isAdopted: false };
    await endProcess(record.pid, GRACE_MS);
    const log = await readFile(logOf(options.home), 'utf8').catch(() => '');
    if (tries < 3 && /address already in use/i.test(log.slice(-5_000))) continue;
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `the Temporal server did not come up: ${log.trimEnd().split('\n').at(-1) ?? ''} · its log is ${logOf(options.home)}`,
    );
  }
}

/** In a process group of its own: a terminal's Ctrl-C is for the command, which then decides what ends when. */
function launch({ home, program }: EmbeddedServerOptions, grpc: number, ui: number | null): number {
  const log = openSync(logOf(home), 'a');
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${TYPE_NAMES[type]}`]);
  const child = spawn(
    program,
    [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(grpc), '--log-level', 'error', '--db-filename', databaseOf(home)],
      // Write-ahead logging: half the time per write, and as safe against a kill.
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
      ...(ui === null ? ['--headless'] : ['--ui-port', String(ui)]),
      ...attributes,
    ],
    { detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.on('error', () => undefined); // a program that cannot be started is never ready
  child.unref();
  return child.pid ?? 0;
}

const TYPE_NAMES = { KEYWORD: 'Keyword', INT: 'Int', DOUBLE: 'Double' } as const;

async function waitUntilReady({ pid, address }: ServerRecord): Promise<boolean> {
  for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline; await delay(100)) {
    if (pid === 0 || !isAlive(pid)) return false;
    if (await answers(address)) return true;
  }
  return false;
}

/** Ready means that a run can be started: the namespace and the search attributes are there, too. */
async function answers(address: string): Promise<boolean> {
  const connection = Connection.lazy({ address, connectTimeout: '1 second' });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await ensureSearchAttributes(connection.operatorService, 'default');
    });
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

async function closeServer(home: string, { pid, owner }: ServerRecord): Promise<void> {
  if (owner !== process.pid) return;
  await withLock(join(home, 'embedded.lock'), async () => {
    const record = await readRecord(home);
    if (record !== undefined && record.pid !== pid) return; // another one took its place
    await endProcess(pid, GRACE_MS);
    await removeRecord(home);
  });
}

function portsOf(record: ServerRecord | undefined): { grpc: number; ui: number } | undefined {
  if (record === undefined) return undefined;
  return { grpc: Number(record.address.split(':')[1]), ui: record.ui === null ? PORTS.ui : Number(new URL(record.ui).port) };
}

const logOf = (home: string) => join(home, 'logs', 'server.log');
