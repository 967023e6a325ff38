import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LIMIT_BYTES = 10e6;

/** The path of a log of a home. A long one is put aside first, in place of the one put aside before. */
export function logFile(home: string, name: 'server' | 'worker', limitBytes = LIMIT_BYTES): string {
  const file = logOf(home, name);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > limitBytes) renameSync(file, `${file}.1`);
  return file;
}

export const logOf = (home: string, name: 'server' | 'worker'): string => join(home, 'logs', `${name}.log`);
