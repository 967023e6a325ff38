import { once } from 'node:events';
import { startEmbeddedServer } from '../workers/embedded-server.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';
import { programOf } from './session.js';

/** The server of a home and its UI, until SIGINT or SIGTERM: to read the history of runs, or for workers of their own. */
export async function server({ environment: { home, serverProgram }, json }: { environment: Environment; json: boolean }): Promise<Outcome> {
  const asked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]); // Also while it starts.
  const started = await startEmbeddedServer({ home, program: programOf(serverProgram) });
  const { address, ui, isAdopted } = started;
  process.stdout.write(
    json ? `${JSON.stringify({ address, ui })}\n` : `Temporal ${isAdopted ? 'runs already' : 'runs'} at ${address}, its UI at ${ui}. Ctrl-C ends it.\n`,
  );
  const keepAlive = setInterval(() => undefined, 1 << 30); // Signals alone do not keep a process running.
  await asked;
  clearInterval(keepAlive);
  await started.close();
  return { exitCode: EXIT.done };
}
