import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../lib/errors.js';
import { PACKAGE_FOLDER, SET_UP } from '../lib/package.js';

/** Where set-up put what it fetched. */
export interface Places {
  readonly server?: string;
  readonly data?: string;
}

const RECORD = fileURLToPath(new URL('node_modules/.cache/noisy-student/places.json', PACKAGE_FOLDER));

/** What scripts/setup.mjs wrote down; empty where it has not run. */
export function readPlaces(): Places {
  return existsSync(RECORD) ? (JSON.parse(readFileSync(RECORD, 'utf8')) as Places) : {};
}

/** The Temporal server's program: the one that TEMPORAL_CLI_PATH names, else set-up's; null without either. */
export function findServerProgram(environment: Readonly<Record<string, string | undefined>>): string | null {
  return environment['TEMPORAL_CLI_PATH'] || readPlaces().server || null;
}

/** The same, or SERVER_MISSING. */
export async function serverProgram(environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  return requireProgram(findServerProgram(environment));
}

/** Throws SERVER_MISSING. */
export function requireProgram(program: string | null): string {
  if (program !== null) return program;
  throw new PipelineError('SERVER_MISSING', `the Temporal server is not set up (${RECORD} does not name it) · run: ${SET_UP}, or set TEMPORAL_CLI_PATH`);
}
