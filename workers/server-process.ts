import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.js';
import { ensureSearchAttributes } from './connection.js';
import { logFile } from './log-file.js';
import { isAlive } from './processes.js';
import { databaseOf } from './server-record.js';

const WAIT_MS = 60_000; // half a second on a free machine, 18 s beside a build

/** In a process group of its own: a terminal's Ctrl-C is for the command, which then decides what ends when. The process id; 0 where it cannot be started. */
export function launchServer({ home, program }: { home: string; program: string }, grpc: number, ui: number | null): number {
  const log = openSync(logFile(home, 'server'), 'a');
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

/** False where it ends or takes too long; throws the signal's reason once nobody wants it any more. */
export async function waitUntilReady({ pid, address }: { pid: number; address: string }, signal?: AbortSignal): Promise<boolean> {
  for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline; await delay(100)) {
    signal?.throwIfAborted();
    if (pid === 0 || !isAlive(pid)) return false;
    if (await answers(address)) return isAlive(pid);
  }
  return false;
}

/** Ready means that a run can be started: the namespace and the search attributes are there, too. */
export async function answers(address: string): Promise<boolean> {
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
