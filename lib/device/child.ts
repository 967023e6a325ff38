/**
 * The process that owns the device. `process.ts` forks it, sends it one job at a time and may kill it at any
 * moment: everything that has to last is on disk by then.
 *
 * | it meets | it does |
 * | --- | --- |
 * | `stop`, SIGTERM | ends the job at its next step (a training writes a checkpoint first), answers `stopped`, exits |
 * | the worker is gone (IPC closed) | exits at once: another attempt may be at work on the same folders |
 * | a worker that is frozen | ends its step, and waits before it writes a checkpoint: another attempt may have begun |
 * | SIGINT | nothing: a terminal's Ctrl-C reaches the whole group, and the worker decides what it means |
 */
import { setImmediate } from 'node:timers/promises';
import type { HostFacts } from '../training/versions.js';
import { describeFailure } from './failure.js';
import type { JobHooks, JobOutcome } from './hooks.js';
import type { FromChild, Job, ToChild } from './messages.js';

const facts = JSON.parse(process.argv[2] ?? '{}') as HostFacts;
const progressMs = Number(process.argv[3] ?? 0);

let isRunning = false;
let isStopping = false;

process.title = 'noisy-student device';
process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stop();
  else if (message.type === 'licence') renew(message.until);
  else if (message.type === 'load') void load();
  else void run(message.job);
});
process.on('SIGTERM', stop);
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
void send({ type: 'ready' });

/** The table of jobs. Each is loaded when first asked for, so a labelling process never loads the training. */
async function perform(job: Job, hooks: JobHooks): Promise<JobOutcome> {
  switch (job.kind) {
    case 'train':
      return (await import('../training/loop.js')).train(job, hooks, facts);
    case 'label':
      return (await import('../labels/predict.js')).labelShard(job, hooks, facts);
    case 'evaluate':
      return (await import('../evaluation/evaluate.js')).evaluateModel(job, hooks, facts);
  }
}

/** What cannot be loaded is told by the job that needs it. */
async function load(): Promise<void> {
  await Promise.all([import('../training/loop.js'), import('../tensor/runtime.js').then(({ runtimeFacts }) => runtimeFacts())]).catch(() => undefined);
}

async function run(job: Job): Promise<void> {
  isRunning = true;
  await send(await perform(job, hooks).then(withMemory, describeFailure));
  isRunning = false;
  if (isStopping) process.exit(0);
}

function stop(): void {
  isStopping = true;
  if (!isRunning) process.exit(0);
}

let licensedUntil = 0n;
let waiting: (() => void)[] = [];

function renew(until: bigint): void {
  licensedUntil = until;
  if (!isLicensed()) return; // it lay in the pipe while this process was frozen
  for (const goOn of waiting) goOn();
  waiting = [];
}

function isLicensed(): boolean {
  return process.hrtime.bigint() < licensedUntil;
}

/** A step holds the thread: what came meanwhile is read first. */
async function licence(): Promise<void> {
  await setImmediate();
  if (!isLicensed()) await new Promise<void>((resolve) => waiting.push(resolve));
}

const hooks: JobHooks = {
  onProgress: reportSparingly(),
  shouldStop: () => isStopping,
  licence,
  now: () => performance.now(),
  collectGarbage: () => globalThis.gc?.(),
  warn: (message) => console.error(message),
};

/** A message for each of many short steps costs more than it tells. The last one of a job always goes out. */
function reportSparingly(): JobHooks['onProgress'] {
  let last = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now - last < progressMs && progress.step < progress.of) return;
    last = now;
    void send({ type: 'progress', progress });
  };
}

/** The worker decides by this whether to go on with the process. */
function withMemory(outcome: JobOutcome): JobOutcome {
  if (outcome.type === 'stopped') return outcome;
  return { ...outcome, meta: { ...outcome.meta, rssBytes: process.memoryUsage().rss } };
}

/** Resolves when the message has left this process; a channel that closed meanwhile is not an error: see `disconnect`. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
}
