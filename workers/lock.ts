import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../lib/errors.js';
import { commandOf, isRunning, markOf, type ProcessMark } from './processes.js';

export interface LockOptions {
  /** Longer than this it is not waited for. */
  readonly patienceMs?: number;
  /** Aborted to wait no longer; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A command holds its lock while a server comes up or goes: a minute beside a build. */
const PATIENCE_MS = 90_000;
/** A file without a holder is what a crash or a full disk left, unless it was written just now. */
const UNREADABLE_MS = 5_000;

/**
 * Runs `work` while nobody else holds the lock. The file names its holder, so that the lock of a killed process is
 * free; linking a complete file into place makes taking it one indivisible act. Throws SERVER_UNREACHABLE where a
 * process that lives does not give it back in time.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, { patienceMs = PATIENCE_MS, signal }: LockOptions = {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify(markOf(process.pid)));
  try {
    for (const deadline = performance.now() + patienceMs; !(await take(mine, file)); await delay(100)) {
      signal?.throwIfAborted();
      if (performance.now() > deadline) throw await heldTooLong(file, patienceMs);
    }
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function take(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isOrphaned(file)) await removeOrphan(file);
  return false;
}

/** Two may find the same orphan, and the slower one then moves the lock of the faster: it gives that back. */
async function removeOrphan(file: string): Promise<void> {
  const moved = `${file}.${randomUUID()}`;
  try {
    await rename(file, moved);
    if (!(await isOrphaned(moved))) await link(moved, file);
  } catch {
    // It was free already, or is taken again.
  } finally {
    await rm(moved, { force: true });
  }
}

async function isOrphaned(file: string): Promise<boolean> {
  const holder = await holderOf(file);
  if (holder !== undefined) return !isRunning(holder);
  const written = await stat(file).catch(() => undefined);
  return written !== undefined && Date.now() - written.mtimeMs > UNREADABLE_MS;
}

/** Undefined where the file is gone, or says nothing. */
async function holderOf(file: string): Promise<ProcessMark | undefined> {
  try {
    const { pid, started } = JSON.parse(await readFile(file, 'utf8')) as ProcessMark;
    return Number.isInteger(pid) && pid > 0 ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

async function heldTooLong(file: string, patienceMs: number): Promise<PipelineError> {
  const pid = (await holderOf(file))?.pid;
  const holder = pid === undefined ? 'nobody knows which process' : `process ${pid} (${commandOf(pid)?.trim() ?? 'gone just now'})`;
  return new PipelineError(
    'SERVER_UNREACHABLE',
    `${file} is held by ${holder} for more than ${patienceMs / 1000} s · wait for that command or end it; if no noisy-student command runs, delete the file`,
  );
}
