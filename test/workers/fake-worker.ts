import { parseArgs } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { connectWorker, localConnection } from '../../workers/connection.js';
import { runWorkers } from '../../workers/run-workers.js';
import { reportAlive, shutdownSignal } from '../../workers/worker.js';
import { fakeActivities } from '../workflows/fake-activities.js';

/** The process that a supervisor forks, with activities that compute nothing. */
const { values } = parseArgs({ options: { home: { type: 'string' }, embedded: { type: 'string' } } });
reportAlive();
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
const settings = localConnection(values.embedded!);
const signal = shutdownSignal();
const connection = (await connectWorker(settings, { onWait: () => undefined, signal })) ?? process.exit(0);
await runWorkers({
  connection,
  namespace: settings.namespace,
  roles: ['workflows', 'cpu', 'gpu'],
  activities: fakeActivities().activities,
  workflows: await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)), logger }),
  signal,
  onReady: () => undefined,
});
await connection.close();
process.exit(0);
