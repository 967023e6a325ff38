import { PipelineError } from '../lib/errors.js';
import { givenConnection, localConnection } from '../workers/connection.js';
import { findEmbeddedServer } from '../workers/embedded-server.js';
import { runWorkerProcess, shutdownSignal } from '../workers/worker.js';
import { queuesOf, type Role } from '../workflows/queues.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';

/** One worker process, until SIGTERM or Ctrl-C. It waits for the server that TEMPORAL_* names, or takes the embedded one that runs. */
export async function worker({ roles, environment: { home, homeOption } }: { roles: string; environment: Environment }): Promise<Outcome> {
  const known = Object.keys(queuesOf());
  const asked = roles.split(',');
  const unknown = asked.find((role) => !known.includes(role));
  if (unknown !== undefined) throw new PipelineError('COMMAND_INVALID', `--roles ${roles}: ${JSON.stringify(unknown)} is not one of ${known.join(', ')}`);

  const embedded = givenConnection(process.env) ? undefined : await findEmbeddedServer(home);
  const connection = givenConnection(process.env) ?? (embedded && localConnection(embedded.address));
  if (!connection)
    throw new PipelineError('SERVER_UNREACHABLE', `no server runs for ${home} · set TEMPORAL_ADDRESS, or start one: noisy-student server${homeOption}`);

  await runWorkerProcess({
    home,
    roles: asked as Role[],
    connection,
    signal: shutdownSignal(),
    onReady: () => process.stderr.write(`works for ${connection.address} as ${roles}, with ${home}\n`),
  });
  return { exitCode: EXIT.done };
}
