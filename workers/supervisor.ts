import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../lib/errors.js';
import { startEmbeddedServer } from './embedded-server.js';
import { endProcess, isAlive } from './processes.js';
import { SHUTDOWN_MS } from './run-workers.js';

export interface SupervisorOptions {
  readonly home: string;
  readonly serverProgram: string;
  /** One line about what was started again, and why. */
  onEvent(line: string): void;
  /** Called when something died too often to be started once more. */
  onGiveUp(error: PipelineError): void;
}

export interface Supervisor {
  readonly address: string;
  readonly ui: string | null;
  /** Ends the worker at a checkpoint, then the server. */
  close(): Promise<void>;
}

/** More deaths than this within one command, and something is wrong that a new start does not mend. */
const RESTARTS = 20;
const WATCH_MS = 500;
/** The second death waits a second, the third two: whatever took the process may need a moment. */
const BACKOFF_MS = 1_000;

/** Starts the server of a home (or adopts it) and one worker with all roles, and starts again what dies. */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const { home, onEvent, onGiveUp } = options;
  const closing = new AbortController();
  let server = await startEmbeddedServer({ home, program: options.serverProgram });
  let worker = startWorker(home, server.address);

  const watching = (async () => {
    for (let restarts = 0; !closing.signal.aborted; ) {
      await delay(WATCH_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      const dead = !isAlive(server.pid) ? 'server' : hasEnded(worker) ? 'worker' : null;
      if (dead === null) continue;
      if (restarts++ === RESTARTS) throw gaveUp(dead, home);
      onEvent(`the ${dead} is gone${dead === 'worker' ? ` (${worker.signalCode ?? `exit code ${worker.exitCode}`})` : ''}; starting it again`);
      await delay(BACKOFF_MS * (restarts - 1), undefined, { signal: closing.signal }).catch(() => undefined);
      if (dead === 'server') server = await startEmbeddedServer({ home, program: options.serverProgram });
      else if (!closing.signal.aborted) worker = startWorker(home, server.address);
    }
  })().catch((error: unknown) => onGiveUp(error as PipelineError));

  // A server that is started again takes the ports of its record, so its address stays.
  return {
    address: server.address,
    ui: server.ui,
    async close() {
      closing.abort();
      await watching;
      if (!hasEnded(worker)) await endProcess(worker.pid!, SHUTDOWN_MS);
      await server.close();
    },
  };
}

function startWorker(home: string, address: string): ChildProcess {
  const file = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const worker = fork(file, ['--home', home], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    // Nothing of a worker belongs on stdout. In a group of its own: a terminal's Ctrl-C is for the command.
    stdio: ['ignore', 2, 'inherit', 'ipc'],
    detached: true,
  });
  worker.on('error', () => undefined); // One that cannot be started has ended, which is seen.
  return worker;
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

function gaveUp(what: string, home: string): PipelineError {
  return new PipelineError('SERVER_UNREACHABLE', `the ${what} ended ${RESTARTS + 1} times · see ${home}/logs, then run the command again: it goes on where it was`);
}
