import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Activities } from '../../activities/index.js';
import { withoutPrivate } from '../../activities/without-private.js';
import { startEmbeddedServer } from '../../workers/embedded-server.js';
import { serverProgram } from '../../workers/places.js';
import { runWorkers, type RunWorkersOptions } from '../../workers/run-workers.js';
import { fakeActivities, type ActivityName, type FakeActivities } from './fake-activities.js';

const program = await serverProgram(process.env).catch(() => '(not set up)');

/** A reason to skip, or false. Tests that need the server say loudly that they did not run. */
export const noServer = existsSync(program) ? false : `the Temporal server is not at ${program}: npm run setup, or set TEMPORAL_CLI_PATH`;

if (noServer) console.error(`SKIPPED: ${noServer}`);

export interface TestServer {
  readonly client: Client;
  readonly address: string;
  readonly bundle: WorkflowBundleWithSourceMap;
  /** The task queues of this server's workers. */
  readonly queuePrefix: string;
  /** Activities by run: those of a run's fakes, so that one set of workers serves all tests of a file. */
  readonly fakes: Map<string, FakeActivities>;
  close(): Promise<void>;
}

export interface ServerOptions extends Partial<Pick<RunWorkersOptions, 'cachedWorkflows' | 'roles' | 'version'>> {
  readonly queuePrefix?: string;
}

/** One real server, and workers with fake activities, for all tests of a file. */
export function useServer(options: ServerOptions = {}): TestServer {
  const server = {} as TestServer;
  before(async () => {
    if (!noServer) Object.assign(server, await startTestServer(options));
  });
  after(() => server.close?.());
  return server;
}

export async function startTestServer({
  cachedWorkflows,
  roles = ['workflows', 'cpu', 'gpu'],
  queuePrefix = `test-${process.pid}`,
}: ServerOptions = {}): Promise<TestServer> {
  const quiet = new DefaultLogger('ERROR');
  installRuntime(quiet);
  const bundling = bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: quiet });
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-server-'));
  const server = await startEmbeddedServer({ home, program, hasUi: false, ports: { grpc: 0, ui: 0 } });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const bundle = await bundling;

  const fakes = new Map<string, FakeActivities>();
  const shutdown = new AbortController();
  const workers = {
    connection: native,
    namespace: 'default',
    roles,
    activities: activitiesByRun(fakes),
    workflows: bundle,
    queuePrefix,
    deviceSlots: 50,
    ...(cachedWorkflows !== undefined && { cachedWorkflows }),
  };
  const running = runWorkers({ ...workers, signal: shutdown.signal, onReady: () => undefined });
  return {
    client: new Client({ connection }),
    address: server.address,
    bundle,
    queuePrefix,
    fakes,
    async close() {
      shutdown.abort();
      await running;
      await native.close();
      await connection.close();
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Once for a process, however many servers its tests use. */
function installRuntime(logger: DefaultLogger): void {
  if (!isInstalled) Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  isInstalled = true;
}

let isInstalled = false;

const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** A run's id is the first part of the ids of its workflows. */
function activitiesByRun(fakes: ReadonlyMap<string, FakeActivities>): Activities {
  const names = Object.keys(fakeActivities().activities) as ActivityName[];
  const dispatch = (name: ActivityName) => (input: never) => {
    const run = Context.current().info.workflowExecution?.workflowId.split('/')[0] ?? '';
    return (fakes.get(run)!.activities[name] as (input: never) => Promise<unknown>)(input);
  };
  return withoutPrivate(Object.fromEntries(names.map((name) => [name, dispatch(name)])) as unknown as Activities, (text) => text);
}
