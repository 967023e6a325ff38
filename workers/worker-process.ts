import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { entryOptions } from '../lib/package.js';
import { endProcess } from './processes.js';
import { SHUTDOWN_MS } from './run-workers.js';

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Time without a sign of life, as far as whoever watches has added it up. */
  silentMs: number;
}

/** Loading its modules and the first bundle of the workflows say nothing; beside a build they take most of a minute. */
const STARTING_MS = 120_000;

/** A worker with all roles for the server on this machine. It is given until `STARTING_MS` for its first sign of life. */
export function startWorker({ home, entry }: { home: string; entry: URL }, address: string): WorkerProcess {
  const child = fork(fileURLToPath(entry), ['--home', home, '--embedded', address], {
    execArgv: entryOptions(),
    // Nothing of a worker belongs on stdout. In a group of its own: a terminal's Ctrl-C is for the command.
    stdio: ['ignore', 2, 'inherit', 'ipc'],
    detached: true,
  });
  const worker: WorkerProcess = { child, silentMs: -STARTING_MS };
  child.on('error', () => undefined); // One that cannot be started has ended, which is seen.
  child.on('message', () => (worker.silentMs = 0));
  return worker;
}

/** Ends it at a checkpoint; at once, where `urgent` says so. */
export async function endWorker(worker: WorkerProcess, urgent?: AbortSignal): Promise<void> {
  if (hasEnded(worker)) return;
  const kill = () => void worker.child.kill('SIGKILL');
  urgent?.addEventListener('abort', kill, { once: true });
  if (urgent?.aborted) kill();
  await endProcess(worker.child.pid!, SHUTDOWN_MS);
  urgent?.removeEventListener('abort', kill);
}

export function hasEnded({ child: { exitCode, signalCode, pid } }: WorkerProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
