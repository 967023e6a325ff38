import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { Activities } from '../../activities/index.js';
import { runWorkers } from '../../workers/run-workers.js';
import { workflowBundle } from '../../workers/bundle.js';

/**
 * The workflow worker alone, so that its memory is measured alone: `workflow-worker.ts ADDRESS QUEUE-PREFIX HOME`, with a channel to
 * the process that started it, which is answered with the bytes of this one.
 */
const [address, queuePrefix, home] = process.argv.slice(2) as [string, string, string];
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
const shutdown = new AbortController();
process.on('message', () => process.send?.(process.memoryUsage().rss));
process.on('disconnect', () => shutdown.abort());
const connection = await NativeConnection.connect({ address });
await runWorkers({
  connection,
  namespace: 'default',
  roles: ['workflows'],
  activities: {} as Activities, // of other roles
  workflows: await workflowBundle(home, logger),
  queuePrefix,
  signal: shutdown.signal,
  onReady: () => undefined,
});
await connection.close();
