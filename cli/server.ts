import { once } from 'node:events';
import { startEmbeddedServer } from '../workers/embedded-server.js';
import { requireProgram } from '../workers/places.js';
import type { Environment } from './environment.js';
import { interruption } from './interruption.js';
import { EXIT, type Outcome } from './outcome.js';

/** The server of a home and its UI, until SIGINT or SIGTERM: to read the history of runs, or for workers of their own. */
export async function server({ environment: { home, serverProgram }, json }: { environment: Environment; json: boolean }): Promise<Outcome> {
  const { signal } = interruption();
  const started = await startEmbeddedServer({ home, program: requireProgram(serverProgram), signal });
  const { address, ui, isAdopted } = started;
  process.stdout.write(
    json ? `${JSON.stringify({ address, ui })}\n` : `Temporal ${isAdopted ? 'runs already' : 'runs'} at ${address}, its UI at ${ui}. Ctrl-C ends it.\n`,
  );
  const keepAlive = setInterval(() => undefined, 1 << 30); // Signals alone do not keep a process running.
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(keepAlive);
  await started.close();
  return { exitCode: EXIT.done };
}
