import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../lib/errors.js';
import { entryFile } from '../lib/package.js';
import { startEmbeddedServer, type EmbeddedServer, type EmbeddedServerOptions } from './embedded-server.js';
import { isAlive, killProcess } from './processes.js';
import { answers } from './server-process.js';
import { endWorker, hasEnded, startWorker, type WorkerProcess } from './worker-process.js';

export interface SupervisorOptions {
  readonly home: string;
  readonly serverProgram: string;
  /** One line about what was started again, and why. */
  onEvent(line: string): void;
  /** Called when something died too often to be started once more. */
  onGiveUp(error: PipelineError): void;
  /** Called when a server that was started again has another address. */
  onMove?(): void;
  /** Aborted to give up while they start: what was started is ended, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  readonly server?: Pick<EmbeddedServerOptions, 'ports' | 'hasUi'>;
  /** The module that the worker process runs. */
  readonly workerEntry?: URL;
  readonly limits?: Partial<typeof LIMITS>;
}

export interface Supervisor {
  /** Of the server that runs now. */
  readonly address: string;
  readonly ui: string | null;
  readonly pids: { readonly server: number; readonly worker: number | undefined };
  /** Ends the worker at a checkpoint, or at once where `urgent` says so, then the server if nobody else uses it. */
  close(urgent?: AbortSignal): Promise<void>;
}

const LIMITS = {
  /** More deaths than this in a row, and something is wrong that a new start does not mend. */
  restarts: 20,
  /** What lived this long died for a reason of its own: counting begins anew. */
  stableMs: 10 * 60_000,
  /** A process that says nothing for so long is frozen. */
  silentMs: 60_000,
  watchMs: 500,
  /** The second death waits a second, the third two: whatever took the process may need a moment. */
  backoffMs: 1_000,
};

type Part = 'server' | 'worker';

/** Starts the server of a home (or adopts it) and one worker with all roles, and starts again what dies or freezes. */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const limits = { ...LIMITS, ...options.limits };
  const closing = new AbortController();
  let { server, worker } = await startBoth(options);

  async function restart(part: Part): Promise<void> {
    if (part === 'worker') {
      worker = start(options, server.address);
      return;
    }
    const { address } = server;
    server = await startServer(options, closing.signal);
    if (server.address === address) return; // the worker connects again by itself
    options.onMove?.();
    await endWorker(worker);
    worker = start(options, server.address);
  }

  async function watch(): Promise<void> {
    let deaths = 0;
    let lastDeath = -Infinity;
    const isServerSilent = silence(limits, () => server.address);
    while (await pause(limits.watchMs, closing.signal)) {
      worker.silentMs += limits.watchMs;
      const lost =
        gone(server, worker) ??
        (isServerSilent() ? frozen('server', server.pid) : worker.silentMs > limits.silentMs ? frozen('worker', worker.child.pid!) : undefined);
      if (lost === undefined) continue;
      deaths = performance.now() - lastDeath < limits.stableMs ? deaths + 1 : 1;
      lastDeath = performance.now();
      if (deaths > limits.restarts) throw gaveUp(lost.part, deaths, options.home);
      options.onEvent(`${lost.what}; starting it again`);
      if (lost.frozen !== undefined) await killProcess(lost.frozen);
      if (await pause(limits.backoffMs * (deaths - 1), closing.signal)) await restart(lost.part);
    }
  }
  const watching = watch().catch((error: unknown) => {
    if (!closing.signal.aborted) options.onGiveUp(error as PipelineError);
  });

  return {
    get address() {
      return server.address;
    },
    get ui() {
      return server.ui;
    },
    get pids() {
      return { server: server.pid, worker: worker.child.pid };
    },
    async close(urgent) {
      closing.abort();
      await watching;
      await endWorker(worker, urgent);
      await server.close();
    },
  };
}

/** A worker takes as long to load as a server to come up, and waits for it: so both at once. */
async function startBoth(options: SupervisorOptions): Promise<{ server: EmbeddedServer; worker: WorkerProcess }> {
  let early: { readonly address: string; readonly worker: WorkerProcess } | undefined;
  try {
    const server = await startServer(options, options.signal, (address) => (early ??= { address, worker: start(options, address) }));
    if (early?.address === server.address) return { server, worker: early.worker };
    if (early) await endWorker(early.worker); // the port was taken meanwhile, and another one is used
    return { server, worker: start(options, server.address) };
  } catch (error) {
    if (early) await endWorker(early.worker);
    throw error;
  }
}

function startServer(
  { home, serverProgram, server = {} }: SupervisorOptions,
  signal?: AbortSignal,
  onLaunch: (address: string) => void = () => undefined,
): Promise<EmbeddedServer> {
  return startEmbeddedServer({ home, program: serverProgram, ...server, onLaunch, ...(signal && { signal }) });
}

const WORKER = entryFile('./worker', import.meta.url);

function start({ home, workerEntry = WORKER }: SupervisorOptions, address: string): WorkerProcess {
  return startWorker({ home, entry: workerEntry }, address);
}

interface Lost {
  readonly part: Part;
  readonly what: string;
  /** The process to end first. */
  readonly frozen?: number;
}

function gone({ pid }: EmbeddedServer, worker: WorkerProcess): Lost | undefined {
  if (!isAlive(pid)) return { part: 'server', what: 'the server is gone' };
  const { exitCode, signalCode } = worker.child;
  return hasEnded(worker) ? { part: 'worker', what: `the worker is gone (${signalCode ?? `exit code ${exitCode}`})` } : undefined;
}

function frozen(part: Part, pid: number): Lost {
  return { part, what: `the ${part} does not answer`, frozen: pid };
}

/** Asks the server now and then. Counted in turns of the watch: while this process is stopped itself, nothing counts as silence. */
function silence({ silentMs, watchMs }: typeof LIMITS, addressNow: () => string): () => boolean {
  let asked = { address: addressNow(), silent: 0, isWaiting: false };
  return () => {
    if (asked.address !== addressNow()) asked = { address: addressNow(), silent: 0, isWaiting: false };
    asked.silent += watchMs;
    if (asked.silent >= silentMs / 6 && !asked.isWaiting) {
      const question = asked;
      question.isWaiting = true;
      void answers(question.address).then((doesAnswer) => {
        question.isWaiting = false;
        if (doesAnswer) question.silent = 0;
      });
    }
    const isSilent = asked.silent > silentMs;
    if (isSilent) asked.silent = 0; // the one that is started instead begins anew
    return isSilent;
  };
}

/** False once it is time to end. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

function gaveUp(part: Part, deaths: number, home: string): PipelineError {
  return new PipelineError(
    part === 'server' ? 'SERVER_UNREACHABLE' : 'WORKER_LOST',
    `the ${part} ended ${deaths} times · see ${home}/logs, then run the command again: it goes on where it was`,
  );
}
