import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { workflowBundle } from '../../workers/bundle.js';
import { startEmbeddedServer } from '../../workers/embedded-server.js';
import { serverProgram } from '../../workers/places.js';
import { runWorkers } from '../../workers/run-workers.js';
import { startOrAttach } from '../../workers/start-run.js';
import { fakeActivities } from '../workflows/fake-activities.js';
import { exampleSpec } from '../workflows/spec.js';

export const RUN = 'fashion-mnist-1a2b3c';

const PIPELINE = fileURLToPath(new URL('../../pipelines/fashion-mnist.yaml', import.meta.url));

export interface WatchedRun {
  /** Of the UI. */
  ui: string;
  /** Of a page about the newest execution of a workflow, such as its `timeline`. */
  pageOf(workflowId: string, tab: string): Promise<string>;
  /** Lets the run go on to its end, and waits for it. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A run as the command line starts it, on a server with its UI and with workers that stay until the end. Its activities
 * compute nothing. It stands still in the training of student 2, and one shard of student 1 needed two attempts.
 */
export function useWatchedRun(): WatchedRun {
  const run = {} as WatchedRun;
  before(async () => {
    Object.assign(run, await startWatchedRun());
  });
  after(() => run.close?.());
  return run;
}

async function startWatchedRun(): Promise<WatchedRun> {
  const quiet = new DefaultLogger('ERROR');
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-ui-'));
  const server = await startEmbeddedServer({ home, program: await serverProgram(process.env), ports: { grpc: 0, ui: 0 } });
  const native = await NativeConnection.connect({ address: server.address });
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });

  const fakes = fakeActivities();
  const training = fakes.hold('trainModel', 2);
  fakes.failNext('labelShards', ApplicationFailure.create({ message: 'DEVICE_LOST the device process was killed', type: 'DEVICE_LOST' }));
  const shutdown = new AbortController();
  const workers = runWorkers({
    connection: native,
    namespace: 'default',
    roles: ['workflows', 'cpu', 'gpu'],
    activities: fakes.activities,
    workflows: await workflowBundle(home, quiet),
    signal: shutdown.signal,
    onReady: () => undefined,
  });
  const { handle } = await startOrAttach(client, {
    run: RUN,
    spec: { ...exampleSpec(), name: 'fashion-mnist' },
    specDigest: 'f'.repeat(64),
    locations: {},
    text: await readFile(PIPELINE, 'utf8'),
  });
  await training.started;

  return {
    ui: server.ui!,
    async pageOf(workflowId, tab) {
      const { runId } = await client.workflow.getHandle(workflowId).describe();
      return `${server.ui!}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/${tab}`;
    },
    async finish() {
      training.release();
      await handle.result();
    },
    async close() {
      training.release();
      shutdown.abort();
      await workers;
      await native.close();
      await connection.close();
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
