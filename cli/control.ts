import { sendUpdate } from '../workers/start-run.js';
import type { RunMessage } from '../workflows/messages.js';
import type { Environment } from './environment.js';
import { EXIT, type Outcome } from './outcome.js';
import { withClient } from './session.js';
import { inHome, printStatus } from './status.js';

/** Sends pause, resume, retry or stop, and prints the status the run answers with. */
export async function control({
  id,
  message,
  environment,
  json,
}: {
  id: string;
  message: RunMessage;
  environment: Environment;
  json: boolean;
}): Promise<Outcome> {
  const status = inHome(await withClient(environment, (client) => sendUpdate(client, id, message)), environment.home);
  return { exitCode: EXIT.done, stdout: json ? `${JSON.stringify(status)}\n` : `${printStatus(status)}\n` };
}
