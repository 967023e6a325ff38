import { Worker, type NativeConnection, type WorkerDeploymentOptions, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import type { Activities } from '../activities/index.js';
import { queuesOf, type Role } from '../workflows/queues.js';
import type { DeploymentVersion } from './deployment.js';

export interface RunWorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly roles: readonly Role[];
  readonly activities: Activities;
  readonly workflows: WorkflowBundle | { readonly codePath: string };
  readonly queuePrefix?: string;
  /** Jobs at a time; default 1, because a device runs one. */
  readonly deviceSlots?: number;
  /** Workflows kept in memory between their tasks; 0 makes every task replay its history. */
  readonly cachedWorkflows?: number;
  /** Of the workflows' code; absent = none, and every run is taken. */
  readonly version?: DeploymentVersion | undefined;
  /** Aborted to shut down: running activities are cancelled at once, and have `SHUTDOWN_MS` to write a checkpoint. */
  readonly signal: AbortSignal;
  /** Called when all of them poll. */
  onReady(): void;
}

/** A training stops at its next step and writes a checkpoint, which takes seconds; a step of the largest model, a minute. */
export const SHUTDOWN_MS = 90_000;

/** Runs one worker for each role, and returns when all of them have shut down. */
export async function runWorkers({
  connection,
  namespace,
  roles,
  activities,
  workflows,
  queuePrefix,
  deviceSlots = 1,
  cachedWorkflows = 50, // a run has three at a time
  version,
  signal,
  onReady,
}: RunWorkersOptions): Promise<void> {
  const queues = queuesOf(queuePrefix);
  const common = { connection, namespace, ...COMMON };
  const workers = await Promise.all(
    roles.map((role) =>
      Worker.create({
        ...common,
        taskQueue: queues[role],
        ...{
          workflows: {
            workflowBundle: workflows,
            maxCachedWorkflows: cachedWorkflows,
            stickyQueueScheduleToStartTimeout: '3 seconds', // So long a task waits for a worker that was killed.
            ...(version && { workerDeploymentOptions: deploymentOptions(version) }),
          },
          cpu: { activities, maxConcurrentActivityTaskExecutions: 2 }, // Preparing and selecting use all cores by themselves.
          gpu: { activities, maxConcurrentActivityTaskExecutions: deviceSlots },
        }[role],
      }),
    ),
  );
  const shutDown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = Promise.all(workers.map((worker) => worker.run()));
  signal.addEventListener('abort', shutDown, { once: true });
  if (signal.aborted) shutDown();
  onReady();
  try {
    await running;
  } finally {
    signal.removeEventListener('abort', shutDown);
    shutDown(); // if one of them failed, none goes on alone
  }
}

/**
 * Workflows alone have versions: what an activity does is the same for all of them, because its key says what goes in. A run goes on with
 * the newest version; what it has begun ends with its own, as the workflows themselves say.
 */
function deploymentOptions(version: DeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

const COMMON = {
  shutdownGraceTime: 0,
  shutdownForceTime: SHUTDOWN_MS,
  maxHeartbeatThrottleInterval: '2 seconds', // A person watches the progress, and the device wants the cores.
} satisfies Partial<WorkerOptions>;
