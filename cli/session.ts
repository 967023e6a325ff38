import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import { connectClient, givenConnection, localConnection, type ConnectionSettings } from '../workers/connection.js';
import { startEmbeddedServer } from '../workers/embedded-server.js';
import { requireProgram } from '../workers/places.js';
import type { Environment } from './environment.js';
import { interruption } from './interruption.js';

/**
 * Talks to the server that TEMPORAL_* names, else to the embedded one of the home, which is started for as long as the
 * talk lasts if it does not run. A signal cuts the talk off. Throws SERVER_UNREACHABLE, Interrupted.
 */
export async function withClient<T>({ home, serverProgram }: Environment, talk: (client: Client) => Promise<T>): Promise<T> {
  const given = givenConnection(process.env);
  if (!given && !hasHistory(home)) {
    throw new PipelineError('RUN_UNKNOWN', `${home} holds no runs · name another folder by --home, or a server by TEMPORAL_ADDRESS`);
  }
  const { signal } = interruption();
  const server = given ? null : await startEmbeddedServer({ home, program: requireProgram(serverProgram), signal });
  try {
    return await talkOver(given ?? localConnection(server!.address), talk, signal);
  } finally {
    await server?.close(); // Ends it only where nobody else uses it.
  }
}

/**
 * The talk's result, or the reason of the signal as soon as that is aborted: what the talk then does is of no interest.
 * Its connection lasts as long as it does, because a call that waits to be repeated must not find it closed.
 */
export async function talkOver<T>(settings: ConnectionSettings, talk: (client: ConnectedClient) => Promise<T>, signal: AbortSignal): Promise<T> {
  const client = await connectClient(settings);
  const talking = talk(client).finally(() => client.connection.close());
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted, talking]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export type ConnectedClient = Awaited<ReturnType<typeof connectClient>>;

/** Whether the embedded server of a home ever ran. */
export function hasHistory(home: string): boolean {
  return existsSync(join(home, 'temporal.db'));
}
