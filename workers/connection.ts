import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, type OperatorService } from '@temporalio/client';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { NativeConnection, NativeConnectionOptions } from '@temporalio/worker';
import { PipelineError } from '../lib/errors.js';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.js';
import { givenVersion, type DeploymentVersion } from './deployment.js';

/** How to reach a Temporal server. */
export interface ConnectionSettings {
  readonly address: string;
  readonly namespace: string;
  readonly options: NativeConnectionOptions;
  /** Of the workers that connect so. */
  readonly version?: DeploymentVersion | undefined;
}

const DEFAULT_NAMESPACE = 'default';

/**
 * What Temporal's own variables and configuration file say (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, …), or undefined
 * where they name no server: then the embedded one is meant. Throws COMMAND_INVALID where they make no sense.
 */
export function givenConnection(environment: Readonly<Record<string, string | undefined>>): ConnectionSettings | undefined {
  const version = givenVersion(environment);
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars: definedIn(environment) });
    if (profile.address === undefined) return undefined;
    const { connectionOptions, namespace = DEFAULT_NAMESPACE } = toClientOptions(profile);
    return { address: profile.address, namespace, options: connectionOptions, version };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new PipelineError(
      'COMMAND_INVALID',
      `Temporal's settings cannot be read: ${reason} · look at TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and TEMPORAL_TLS_*`,
      {
        cause: error,
      },
    );
  }
}

/** A server on this machine, as the embedded one is. */
export function localConnection(address: string): ConnectionSettings {
  return { address, namespace: DEFAULT_NAMESPACE, options: { address } };
}

/** Connects once, for the command line. Throws SERVER_UNREACHABLE. `close` the client's connection at the end. */
export async function connectClient({ address, namespace, options }: ConnectionSettings): Promise<Client & { connection: Connection }> {
  try {
    const { tls, apiKey, metadata } = options;
    const connection = await Connection.connect({
      address,
      connectTimeout: '5 seconds',
      ...(tls !== undefined && { tls }),
      ...(apiKey !== undefined && { apiKey }),
      ...(metadata !== undefined && { metadata }),
    });
    return new Client({ connection, namespace }) as Client & { connection: Connection };
  } catch (error) {
    throw unreachable(address, error);
  }
}

/**
 * Connects a worker, and waits for the server as long as it takes: which of the two starts first does not matter.
 * Undefined once `signal` says that nobody wants it any more.
 */
export async function connectWorker(
  { address, options }: ConnectionSettings,
  { onWait, signal }: { onWait(reason: string): void; signal: AbortSignal },
): Promise<NativeConnection | undefined> {
  const { NativeConnection: Native } = await import('@temporalio/worker');
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      return await Native.connect({ ...options, address });
    } catch (error) {
      if (tries % 20 === 1) onWait(`no Temporal server answers at ${address} yet: ${(error as Error).message}`);
      await delay(Math.min(2_000, 100 * tries), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** The numbers of Temporal's enumeration `IndexedValueType`. */
const INDEXED_VALUE_TYPE = { KEYWORD: 2, INT: 3, DOUBLE: 4 } as const;

/** Makes the search attributes known that runs are started with; without them a server refuses to start one. */
export async function ensureSearchAttributes(operator: OperatorService, namespace: string): Promise<void> {
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]));
  await operator.addSearchAttributes({ namespace, searchAttributes });
}

export function unreachable(address: string, cause: unknown): PipelineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PipelineError(
    'SERVER_UNREACHABLE',
    `no Temporal server answers at ${address} (${reason}) · check TEMPORAL_ADDRESS, or leave it unset to use the embedded server`,
    { cause },
  );
}

function definedIn(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
