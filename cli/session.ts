import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { PipelineError } from '../lib/errors.js';
import { connectClient, givenConnection, localConnection } from '../workers/connection.js';
import { startEmbeddedServer } from '../workers/embedded-server.js';
import type { Environment } from './environment.js';

/**
 * Talks to the server that TEMPORAL_* names, else to the embedded one of the home, which is started for as long as the
 * talk lasts if it does not run. Throws SERVER_UNREACHABLE.
 */
export async function withClient<T>({ home, serverProgram }: Environment, talk: (client: Client) => Promise<T>): Promise<T> {
  const given = givenConnection(process.env);
  if (!given && !existsSync(join(home, 'temporal.db'))) {
    throw new PipelineError('RUN_UNKNOWN', `${home} holds no runs · name another folder by --home, or a server by TEMPORAL_ADDRESS`);
  }
  const server = given ? null : await startEmbeddedServer({ home, program: programOf(serverProgram) });
  try {
    const client = await connectClient(given ?? localConnection(server!.address));
    try {
      return await talk(client);
    } finally {
      await client.connection.close();
    }
  } finally {
    await server?.close(); // Ends it only where this command is the one that is to.
  }
}

/** Throws SERVER_MISSING. */
export function programOf(serverProgram: string | null): string {
  if (serverProgram === null) throw new PipelineError('SERVER_MISSING', 'the Temporal server is not set up · run: npm run setup, or set TEMPORAL_CLI_PATH');
  return serverProgram;
}
