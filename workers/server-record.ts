import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOf, isAlive } from './processes.js';

/** `embedded.json`: the server of a home, for whoever comes next. */
export interface ServerRecord {
  readonly pid: number;
  readonly address: string;
  readonly ui: string | null;
  readonly startedAt: string;
  /** The process that ends it. Once that is gone, whoever finds the server has to. */
  readonly owner: number;
}

export async function readRecord(home: string): Promise<ServerRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordOf(home), 'utf8')) as ServerRecord;
  } catch {
    return undefined; // never written, or torn by a kill: then its server is found by nobody, and ends with the machine
  }
}

export async function writeRecord(home: string, record: ServerRecord): Promise<void> {
  await writeFile(`${recordOf(home)}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${recordOf(home)}.new`, recordOf(home));
}

export async function removeRecord(home: string): Promise<void> {
  await rm(recordOf(home), { force: true });
}

/** The id may have gone to another program since, which must not be waited for, let alone ended. */
export function isOurs({ pid }: ServerRecord, home: string): boolean {
  return isAlive(pid) && commandOf(pid)?.includes(databaseOf(home)) === true;
}

export const databaseOf = (home: string): string => join(home, 'temporal.db');

const recordOf = (home: string): string => join(home, 'embedded.json');
