import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../lib/errors.js';
import { SET_UP } from '../lib/package.js';
import { withLock } from './lock.js';
import { logOf } from './log-file.js';
import { freePort } from './ports.js';
import { commandOf, endProcess, isAlive } from './processes.js';
import { answers, launchServer, waitUntilReady } from './server-process.js';
import { isOurs, otherUsers, readRecord, removeRecord, usersWithMe, writeRecord, type ServerRecord } from './server-record.js';

export interface EmbeddedServerOptions {
  /** Absolute; holds `temporal.db`, `embedded.json` and `logs/server.log`. */
  readonly home: string;
  /** The Temporal server's program; see places.ts. */
  readonly program: string;
  /** Wanted ports of a first server and its UI; a later one takes those of the one before. Others are taken where they are not free. */
  readonly ports?: { readonly grpc: number; readonly ui: number };
  readonly hasUi?: boolean;
  /** Told the address as soon as it is chosen, while the server is still coming up. */
  onLaunch?(address: string): void;
  /** Aborted to give up: what was started is ended, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedServer {
  readonly pid: number;
  readonly address: string;
  /** URL of the UI, null without one. */
  readonly ui: string | null;
  /** It ran already. */
  readonly isAdopted: boolean;
  /** This process uses it no more. Where no other does, it is gone when this resolves. */
  close(): Promise<void>;
}

const PORTS = { grpc: 7233, ui: 8233 };
const GRACE_MS = 10_000; // it closes its database within a second

/**
 * Starts the server of a home, or joins those who use the one that runs. It outlives users that are killed, and the
 * database is good after any end. Throws SERVER_MISSING without the program, SERVER_UNREACHABLE if it does not come up.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  if (!existsSync(options.program)) {
    throw new PipelineError('SERVER_MISSING', `the Temporal server program is not at ${options.program} · run: ${SET_UP}, or set TEMPORAL_CLI_PATH`);
  }
  await mkdir(join(options.home, 'logs'), { recursive: true });
  const startOrAdopt = async () => {
    const recorded = await readRecord(options.home);
    const server = (recorded && (await adopt(recorded, options))) ?? (await startAlone(recorded, options));
    await writeRecord(options.home, server.record);
    return {
      pid: server.record.pid,
      address: server.record.address,
      ui: server.record.ui,
      isAdopted: server.isAdopted,
      close: () => closeServer(options.home, server.record),
    };
  };
  return withLock(lockOf(options.home), startOrAdopt, { signal: options.signal });
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
async function adopt(record: ServerRecord, { home, signal }: EmbeddedServerOptions): Promise<Found | undefined> {
  await whileEnding(record.pid);
  if (!isOurs(record, home)) return undefined;
  if (!(await waitUntilReady(record, signal))) {
    // Its database must not be opened before it is gone: a second server on it fails with a disk error.
    await endProcess(record.pid, GRACE_MS);
    return undefined;
  }
  return { record: { ...record, users: usersWithMe(record) }, isAdopted: true };
}

/** A process that was killed has no arguments any more, but for a moment still its ports and its database. */
async function whileEnding(pid: number): Promise<void> {
  const isEnding = () => isAlive(pid) && commandOf(pid)?.length === 0;
  for (const deadline = performance.now() + GRACE_MS; isEnding() && performance.now() < deadline; await delay(20));
}

/**
 * Of all homes, one at a time: two servers that want the same free port would both be answered for by the one that gets
 * it, and a run would then live in another home's server.
 */
function startAlone(recorded: ServerRecord | undefined, options: EmbeddedServerOptions): Promise<Found> {
  return withLock(portsLock(), () => startFirstFree(recorded, options), { signal: options.signal });
}

/** Another program may take a port between looking at it and the server's taking it: then the next try looks again. */
async function startFirstFree(recorded: ServerRecord | undefined, options: EmbeddedServerOptions): Promise<Found> {
  const wanted = portsOf(recorded) ?? options.ports ?? PORTS;
  for (let tries = 1; ; tries++) {
    options.signal?.throwIfAborted();
    const grpc = await freePort(wanted.grpc);
    const ui = options.hasUi === false ? null : await freePort(wanted.ui, grpc);
    const record: ServerRecord = {
      pid: launchServer(options, grpc, ui),
      address: `127.0.0.1:${grpc}`,
      ui: ui === null ? null : `http://127.0.0.1:${ui}`,
      startedAt: new Date().toISOString(),
      users: usersWithMe(recorded), // who used the one before waits for this one
    };
    let isReady = false;
    try {
      await writeRecord(options.home, record); // before it answers: who comes now waits for it
      options.onLaunch?.(record.address);
      isReady = await waitUntilReady(record, options.signal);
    } finally {
      if (!isReady && record.pid > 0) await endProcess(record.pid, GRACE_MS);
    }
    if (isReady) return { record, isAdopted: false };
    const log = await readFile(logOf(options.home, 'server'), 'utf8').catch(() => '');
    if (tries < 3 && /address already in use/i.test(log.slice(-5_000))) continue;
    throw new PipelineError(
      'SERVER_UNREACHABLE',
      `the Temporal server did not come up: ${log.trimEnd().split('\n').at(-1) ?? ''} · its log is ${logOf(options.home, 'server')}`,
    );
  }
}

/** Where the record is gone (somebody emptied the home), it is what this process knew of it. */
async function closeServer(home: string, known: ServerRecord): Promise<void> {
  await withLock(lockOf(home), async () => {
    const record = (await readRecord(home)) ?? known;
    const users = otherUsers(record);
    if (users.length > 0 && isOurs(record, home)) return writeRecord(home, { ...record, users });
    if (isOurs(record, home)) await endProcess(record.pid, GRACE_MS);
    await removeRecord(home);
  });
}

function portsOf(record: ServerRecord | undefined): { grpc: number; ui: number } | undefined {
  if (record === undefined) return undefined;
  return { grpc: Number(record.address.split(':')[1]), ui: record.ui === null ? PORTS.ui : Number(new URL(record.ui).port) };
}

const lockOf = (home: string): string => join(home, 'embedded.lock');

/** One for all homes of a user. */
const portsLock = (): string => join(tmpdir(), `noisy-student-ports-${userInfo().uid}.lock`);
