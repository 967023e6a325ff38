import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import { connectClient, givenConnection, localConnection } from '../workers/connection.js';
import { startEmbeddedServer } from '../workers/embedded-server.js';
import { requireProgram } from '../workers/places.js';
import type { Environment } from './environment.js';
import { cutOff, interruption } from './interruption.js';

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
    const client = await connectClient(given ?? localConnection(server!.address));
    try {
      return await cutOff(talk(client), signal);
    } finally {
      await client.connection.close();
    }
  } finally {
    await server?.close(); // Ends it only where nobody else uses it.
  }
}

/** Whether the embedded server of a home ever ran. */
export function hasHistory(home: string): boolean {
  return existsSync(join(home, 'temporal.db'));
}
