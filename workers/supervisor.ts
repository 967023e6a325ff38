import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../lib/errors.js';
import { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from './embedded-server.js';
import { endProcess, isAlive } from './processes.js';
import { SHUTDOWN_MS } from './run-workers.js';

export interface SupervisorOptions {
  readonly home: string;
  readonly serverProgram: string;
  /** One line about what was started again, and why. */
  onEvent(line: string): void;
  /** Called when something died too often to be started once more. */
  onGiveUp(error: PipelineError): void;
  readonly server?: Pick<EmbeddedServerOptions, 'ports' | 'hasUi'>;
  /** The module that the worker process runs. */
  readonly workerEntry?: URL;
}

export interface Supervisor {
  readonly address: string;
  readonly ui: string | null;
  readonly pids: { readonly server: number; readonly worker: number | undefined };
  /** Ends the worker at a checkpoint, then the server. */
  close(): Promise<void>;
}

/** More deaths than this in a row, and something is wrong that a new start does not mend. */
const RESTARTS = 20;
/** What lived this long died for a reason of its own: counting begins anew. */
const STABLE_MS = 10 * 60_000;
const WATCH_MS = 500;
/** The second death waits a second, the third two: whatever took the process may need a moment. */
const BACKOFF_MS = 1_000;

/** Starts the server of a home (or adopts it) and one worker with all roles, and starts again what dies. */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const closing = new AbortController();
  let { server, worker } = await startBoth(options);

  async function restart(dead: 'server' | 'worker'): Promise<void> {
    if (dead === 'worker') {
      worker = startWorker(options, server.address);
      return;
    }
    const { address } = server;
    server = await startServer(options);
    if (server.address === address) return; // the worker connects again by itself
    await endWorker(worker);
    worker = startWorker(options, server.address);
  }

  async function watch(): Promise<void> {
    let deaths = 0;
    let lastDeath = -Infinity;
    while (await pause(WATCH_MS, closing.signal)) {
      const dead = !isAlive(server.pid) ? 'server' : hasEnded(worker) ? 'worker' : null;
      if (dead === null) continue;
      deaths = performance.now() - lastDeath < STABLE_MS ? deaths + 1 : 1;
      lastDeath = performance.now();
      if (deaths > RESTARTS) throw gaveUp(dead, options.home);
      options.onEvent(`the ${dead} is gone${dead === 'worker' ? ` (${worker.signalCode ?? `exit code ${worker.exitCode}`})` : ''}; starting it again`);
      if (await pause(BACKOFF_MS * (deaths - 1), closing.signal)) await restart(dead);
    }
  }
  const watching = watch().catch((error: unknown) => options.onGiveUp(error as PipelineError));

  return {
    get address() {
      return server.address;
    },
    ui: server.ui,
    get pids() {
      return { server: server.pid, worker: worker.pid };
    },
    async close() {
      closing.abort();
      await watching;
      await endWorker(worker);
      await server.close();
    },
  };
}

/** A worker takes as long to load as a server to come up, and waits for it: so both at once. */
async function startBoth(options: SupervisorOptions): Promise<{ server: EmbeddedServer; worker: ChildProcess }> {
  let early: { readonly address: string; readonly worker: ChildProcess } | undefined;
  try {
    const server = await startServer(options, (address) => (early ??= { address, worker: startWorker(options, address) }));
    if (early?.address === server.address) return { server, worker: early.worker };
    if (early) await endWorker(early.worker); // the port was taken meanwhile, and another one is used
    return { server, worker: startWorker(options, server.address) };
  } catch (error) {
    if (early) await endWorker(early.worker);
    throw error;
  }
}

function startServer({ home, serverProgram, server = {} }: SupervisorOptions, onLaunch: (address: string) => void = () => undefined): Promise<EmbeddedServer> {
  return startEmbeddedServer({ home, program: serverProgram, ...server, onLaunch });
}

/** False once it is time to end. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

const WORKER = new URL('./worker.ts', import.meta.url);

function startWorker({ home, workerEntry = WORKER }: SupervisorOptions, address: string): ChildProcess {
  const worker = fork(fileURLToPath(workerEntry), ['--home', home], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    // Nothing of a worker belongs on stdout. In a group of its own: a terminal's Ctrl-C is for the command.
    stdio: ['ignore', 2, 'inherit', 'ipc'],
    detached: true,
  });
  worker.on('error', () => undefined); // One that cannot be started has ended, which is seen.
  return worker;
}

async function endWorker(worker: ChildProcess): Promise<void> {
  if (!hasEnded(worker)) await endProcess(worker.pid!, SHUTDOWN_MS);
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

function gaveUp(what: string, home: string): PipelineError {
  return new PipelineError(
    'SERVER_UNREACHABLE',
    `the ${what} ended ${RESTARTS + 1} times · see ${home}/logs, then run the command again: it goes on where it was`,
  );
}
