import { appendFileSync, mkdirSync } from 'node:fs';
import { availableParallelism, cpus, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { createDevice } from '../lib/device/process.js';
import { hubSettings } from '../lib/models/hub-settings.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import type { Role } from '../workflows/queues.js';
import { workflowBundle } from './bundle.js';
import { connectWorker, type ConnectionSettings, givenConnection, localConnection } from './connection.js';
import { logFile } from './log-file.js';
import { redactionHere } from './redaction-here.js';
import { runWorkers, SHUTDOWN_MS } from './run-workers.js';

export interface WorkerProcessOptions {
  /** Absolute; `store/`, `cache/` and `logs/worker.log` are under it. */
  readonly home: string;
  readonly roles: readonly Role[];
  readonly connection: ConnectionSettings;
  /** Aborted to shut down: a training checkpoints first. */
  readonly signal: AbortSignal;
  /** Called when all roles poll. */
  onReady(): void;
}

/** A device process that reports no step for so long hangs: the slowest honest step, of the largest model on one core, takes minutes. */
const STALL_MS = 20 * 60_000;

/** Runs the workers of one process until `signal`, and waits for the server as long as it takes. */
export async function runWorkerProcess({ home, roles, connection: settings, signal, onReady }: WorkerProcessOptions): Promise<void> {
  const logger = fileLogger(home);
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'INFO' } } } });
  const connection = await connectWorker(settings, { signal, onWait: (reason) => logger.warn(reason) });
  if (connection === undefined) return;
  const device = createDevice(deviceOptions((line) => logger.info(line, { of: 'device' })));
  try {
    await runWorkers({
      connection,
      namespace: settings.namespace,
      roles,
      activities: createActivities({
        store: await openStore(home, storeSettings(process.env), Date.now),
        home,
        userHome: homedir(),
        redact: redactionHere(),
        hub: hubSettings(process.env, homedir()),
        device,
        clock: Date.now,
        ...(roles.includes('gpu') && { warmDevice: () => device.warm() }),
      }),
      workflows: await workflowBundle(home, logger),
      version: settings.version,
      signal,
      onReady,
    });
  } finally {
    await device.close();
    await connection.close();
  }
}

function deviceOptions(log: (line: string) => void): Parameters<typeof createDevice>[0] {
  const environment = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const chosen = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
  const [intraOp, interOp = availableParallelism()] = [chosen('TF_NUM_INTRAOP_THREADS'), chosen('TF_NUM_INTEROP_THREADS')];
  return {
    node: process.execPath,
    environment: { ...environment, ...tensorFlowEnvironment({ interOp, ...(intraOp !== undefined && { intraOp }) }) },
    processor: cpus()[0]?.model ?? 'unknown',
    loaderThreads: Math.min(4, Math.max(1, availableParallelism() - 1)), // libtensorflow keeps the cores busy
    progressMs: 500,
    stallMs: STALL_MS,
    killAfterMs: SHUTDOWN_MS - 10_000, // The worker must still be there to report what became of it.
    recycleAboveBytes: 8e9,
    log,
  };
}

/** JSON lines in `<home>/logs/worker.log`; what fails the worker itself on stderr as well. An attempt that failed is shown by its run. */
function fileLogger(home: string): DefaultLogger {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const file = logFile(home, 'worker');
  return new DefaultLogger('INFO', (entry) => {
    appendFileSync(file, `${JSON.stringify(readable(entry))}\n`);
    if (entry.level === 'ERROR') process.stderr.write(`${entry.message}\n`);
  });
}

function readable({ level, timestampNanos, message, meta }: LogEntry): object {
  const error = meta?.['error'] as unknown;
  return {
    time: new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
    level,
    message,
    ...meta,
    ...(error instanceof Error && { error: error.stack }),
  };
}

/**
 * As a process of its own: `node --import tsx workers/worker.ts --home DIR [--roles workflows,cpu,gpu] [--embedded ADDRESS]`.
 * With an embedded server nothing of Temporal's environment holds: a namespace or a key in it is for another server.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { home: { type: 'string' }, roles: { type: 'string', default: 'workflows,cpu,gpu' }, embedded: { type: 'string' } },
  });
  const connection = values.embedded ? localConnection(values.embedded) : givenConnection(process.env);
  if (!values.home || !connection) throw new Error('a worker needs --home, and --embedded or TEMPORAL_ADDRESS');
  reportAlive();
  await runWorkerProcess({
    home: resolve(values.home),
    roles: values.roles.split(',') as Role[],
    connection,
    signal: shutdownSignal(),
    onReady: () => process.send?.('ready'),
  });
  process.exit(0);
}

/** Tells the process that started this one that its turns still come; a frozen one tells nothing. */
export function reportAlive(): void {
  const report = () => process.connected && process.send?.('alive', () => undefined); // no matter if it cannot be told any more
  report();
  setInterval(report, ALIVE_MS).unref();
}

const ALIVE_MS = 1_000;

/** SIGTERM, or the end of the process that started this one: a killed command leaves no worker behind. */
export function shutdownSignal(): AbortSignal {
  const shutdown = new AbortController();
  const isUnderCommand = process.send !== undefined;
  process.on('SIGTERM', () => shutdown.abort());
  process.on('SIGINT', () => {
    if (!isUnderCommand) shutdown.abort(); // Under a command, Ctrl-C is for the command, which then ends this.
  });
  if (isUnderCommand) process.on('disconnect', () => shutdown.abort());
  if (isUnderCommand && !process.connected) shutdown.abort(); // it went while this was starting
  return shutdown.signal;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
