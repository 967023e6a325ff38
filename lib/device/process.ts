import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../errors.js';
import { entryFile, entryOptions } from '../package.js';
import type { HostFacts } from '../training/versions.js';
import { reviveFailure } from './failure.js';
import { deviceLost, deviceStalled, outOfMemory } from './lost.js';
import { memoryKills } from './memory-kills.js';
import type { FromChild, Job, Progress, ToChild } from './messages.js';

export interface DeviceOptions {
  /** Path of the Node program. */
  readonly node: string;
  /** The child's whole environment; see `tensorFlowEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Model of the processor, as the operating system names it. It goes into checkpoints: see `versions.ts`. */
  readonly processor: string;
  /** Threads that draw batches and save checkpoints beside the device; default: 1. */
  readonly loaderThreads?: number;
  /** So often, and at a job's end, the child tells of its progress; default: after every step. */
  readonly progressMs?: number;
  /** A child that reports no progress for so long is killed. */
  readonly stallMs: number;
  /** How long a child that was asked to stop may take to reach its next step and write a checkpoint. */
  readonly killAfterMs: number;
  /** A child whose resident memory is above this after a training is replaced; default: never. */
  readonly recycleAboveBytes?: number;
  /** One line of the child's output. */
  log(line: string): void;
  /** How many processes the system has killed for lack of memory; default: as the kernel counts. */
  memoryKills?(): number;
  /** The module that the child runs. */
  readonly entry?: URL;
}

export interface RunHooks {
  onProgress?(progress: Progress): void;
  readonly signal?: AbortSignal;
}

/** One device: a child process that computes, kept from job to job because its start costs about two seconds. */
export interface Device {
  /** Starts the child and lets it load what a training needs, if there is none: for when a job is soon to come. */
  warm(): void;
  /**
   * Runs one job; jobs given meanwhile wait for their turn. Rejects with
   * - `JobAborted` when `signal` aborts first: a training has written a checkpoint, unless it took longer than `killAfterMs`, or the
   *   signal's reason is an error of ours: then the child is ended at once;
   * - `OUT_OF_MEMORY` when the system killed the child for lack of memory, `DEVICE_LOST` when it dies otherwise, `DEVICE_STALLED` when it makes no progress;
   * - the job's own error. Whatever the reason, the next job gets a fresh child.
   */
  run(job: Job, hooks?: RunHooks): Promise<{ readonly meta: Readonly<Record<string, unknown>> }>;
  /** Aborts the running job and ends the child. */
  close(): Promise<void>;
  /** Of the child, while there is one. */
  readonly pid: number | undefined;
}

/** The job was stopped on request. Named as the platform names it, so `error.name === 'AbortError'` holds. */
export class JobAborted extends Error {
  override readonly name = 'AbortError';

  /** `progress` is null when the child had to be killed, or never began. */
  constructor(readonly progress: Progress | null) {
    super(progress ? `The job was stopped at step ${progress.step} of ${progress.of}.` : 'The job was stopped before it could say where.');
  }
}

const LINES_KEPT = 50;

export function createDevice(options: DeviceOptions): Device {
  const closing = new AbortController();
  let child: Child | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  function running(): Child {
    if (child?.process.exitCode !== null || child.process.signalCode !== null) child = startChild(options);
    return child;
  }

  async function take(job: Job, { onProgress, signal }: RunHooks) {
    const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
    if (stop.aborted) throw new JobAborted(null);
    const current = running();
    try {
      const result = await supervise(current, job, stop, options, onProgress);
      if (isBloated(job, result.meta, options)) child = await endChild(current);
      return result;
    } catch (error) {
      // What a failed or stopped job left in the child's memory is unknown.
      child = await endChild(current);
      throw error;
    }
  }

  return {
    warm() {
      if (closing.signal.aborted || child) return;
      const started = running();
      void started.ready.then(() => tell(started, { type: 'load' }));
    },
    run(job, hooks = {}) {
      const turn = queue.then(() => take(job, hooks));
      queue = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      closing.abort();
      await queue;
      if (child) child = await endChild(child);
    },
    get pid() {
      return child?.process.pid;
    },
  };
}

interface Child {
  readonly process: ChildProcess;
  /** The last lines of its standard error. */
  readonly tail: string[];
  readonly ready: Promise<void>;
  /** Settles when it has ended and all its output has been read. */
  readonly ended: Promise<void>;
}

function startChild({ node, environment, processor, loaderThreads = 1, progressMs = 0, entry, log }: DeviceOptions): Child {
  const file = fileURLToPath(entry ?? entryFile('./child', import.meta.url));
  const facts: HostFacts = {
    processor,
    intraOp: environment['TF_NUM_INTRAOP_THREADS'] ?? 'default',
    eager: environment['NOISY_STUDENT_EAGER'] === '1',
    loaderThreads,
  };
  const process = fork(file, [JSON.stringify(facts), String(progressMs)], {
    execPath: node,
    // The heap's young part (MiB) is small, as what is large here lies outside of it.
    execArgv: [...entryOptions(), '--max-semi-space-size=4', '--expose-gc'],
    env: environment,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const tail: string[] = [];
  createInterface({ input: process.stdout! }).on('line', log);
  createInterface({ input: process.stderr! }).on('line', (line) => {
    tail.push(line);
    if (tail.length > LINES_KEPT) tail.shift();
    log(line);
  });
  const ready = new Promise<void>((resolve) => process.once('message', () => resolve()));
  const ended = new Promise<void>((resolve) => {
    process.once('close', () => resolve());
    process.once('error', (error) => {
      // it could not be started at all: `close` never comes
      tail.push(String(error));
      if (process.pid === undefined) resolve();
    });
  });
  return { process, tail, ready, ended };
}

/** Sends the job and follows it until there is a result, an error or an end. */
async function supervise(child: Child, job: Job, stop: AbortSignal, options: DeviceOptions, onProgress: RunHooks['onProgress']) {
  return new Promise<{ meta: Readonly<Record<string, unknown>> }>((resolve, reject) => {
    let outcome: (() => void) | undefined;
    const { memoryKills: kills = memoryKills } = options;
    let killsBefore = kills();
    const lost = () => {
      if (stop.aborted) return new JobAborted(null);
      return kills() > killsBefore && child.process.signalCode === 'SIGKILL' ? outOfMemory(job) : deviceLost(child, job);
    };
    const settle = (how: () => void) => {
      outcome ??= how;
      clearTimeout(stallTimer);
      clearTimeout(killTimer);
      clearInterval(licenceTimer);
      stop.removeEventListener('abort', onAbort);
      child.process.off('message', onMessage);
      outcome();
    };
    const onMessage = (message: FromChild) => {
      stallTimer.refresh();
      killsBefore = kills(); // what the system killed while this one lived was another
      switch (message.type) {
        case 'ready':
          return;
        case 'progress':
          return onProgress?.(message.progress);
        case 'done': // also when it was asked to stop meanwhile: the work is complete
          return settle(() => resolve({ meta: message.meta }));
        case 'stopped':
          return settle(() => reject(new JobAborted(message.progress)));
        case 'failed':
          return settle(() => reject(reviveFailure(message)));
      }
    };
    const onAbort = () => {
      if (stop.reason instanceof PipelineError) return void child.process.kill('SIGKILL'); // superseded: nothing more may be written
      tell(child, { type: 'stop' });
      killTimer = setTimeout(() => child.process.kill('SIGKILL'), options.killAfterMs);
    };
    let killTimer: NodeJS.Timeout | undefined;
    const licenceTimer = setInterval(() => tell(child, licence()), LICENCE_EVERY_MS);
    const stallTimer = setTimeout(() => settle(() => reject(deviceStalled(child, job, options))), options.stallMs);
    child.process.on('message', onMessage);
    stop.addEventListener('abort', onAbort, { once: true });
    void child.ended.then(() => settle(() => reject(lost())));
    void child.ready.then(() => {
      tell(child, licence());
      tell(child, stop.aborted ? { type: 'stop' } : { type: 'run', job });
    });
  });
}

/**
 * By the clock of the machine, which all its processes share. A worker that is frozen gives none, so what it started writes no more
 * checkpoints long before the heartbeats are missed (15 s) and another attempt begins.
 */
function licence(): ToChild {
  return { type: 'licence', until: process.hrtime.bigint() + LICENCE_NS };
}

const LICENCE_EVERY_MS = 1_000;
const LICENCE_NS = 5_000_000_000n;

function tell(child: Child, message: ToChild): void {
  // A channel that has just closed reports through `ended`; the callback keeps it from being thrown as well.
  if (child.process.connected) child.process.send(message, () => undefined);
}

/** Gone when it resolves. Its files are safe at any moment, so nothing gentler than SIGKILL is needed. */
async function endChild(child: Child): Promise<undefined> {
  child.process.kill('SIGKILL');
  await child.ended;
  return undefined;
}

function isBloated(job: Job, meta: Readonly<Record<string, unknown>>, { recycleAboveBytes = Infinity }: DeviceOptions): boolean {
  return job.kind === 'train' && Number(meta['rssBytes']) > recycleAboveBytes;
}
