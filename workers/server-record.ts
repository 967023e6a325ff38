import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOf, isAlive, isRunning, markOf, type ProcessMark } from './processes.js';

/** `embedded.json`: the server of a home, for whoever comes next. */
export interface ServerRecord {
  readonly pid: number;
  readonly address: string;
  readonly ui: string | null;
  readonly startedAt: string;
  /** The processes that use it, some of which may be gone. The last one that lives ends it. */
  readonly users: readonly ProcessMark[];
}

export async function readRecord(home: string): Promise<ServerRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordOf(home), 'utf8')) as ServerRecord;
    return { ...record, users: Array.isArray(record.users) ? record.users : [] };
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

/** Those of the recorded users that live, without this process. */
export function otherUsers(record: ServerRecord | undefined): readonly ProcessMark[] {
  return (record?.users ?? []).filter((user) => user.pid !== process.pid && isRunning(user));
}

/** The same, and this process. */
export function usersWithMe(record: ServerRecord | undefined): readonly ProcessMark[] {
  return [...otherUsers(record), markOf(process.pid)!];
}

/** The id may have gone to another program since, which must not be waited for, let alone ended. */
export function isOurs({ pid }: ServerRecord, home: string): boolean {
  return isAlive(pid) && commandOf(pid)?.includes(databaseOf(home)) === true;
}

export const databaseOf = (home: string): string => join(home, 'temporal.db');

const recordOf = (home: string): string => join(home, 'embedded.json');
