import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process of that id runs. One that has ended and was not waited for (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // "pid (name) state …": the name may hold anything, so the state is looked for behind the last parenthesis.
  const stat = readProc(pid, 'stat');
  return stat === undefined || !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1)) || hasThreads(pid);
}

/** A killed process is a zombie while some of its threads still end, and until the last has it keeps its ports and files. */
function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false; // gone meanwhile
  }
}

/** A process, told from a later one that was given the same id by when it started. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

/** The mark of a process that runs; undefined once it is gone. */
export function markOf(pid: number): ProcessMark | undefined {
  const started = isAlive(pid) ? startOf(pid) : undefined;
  return started === undefined ? undefined : { pid, started };
}

/** Whether the very process runs that was marked. */
export function isRunning(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** Clock ticks since the machine started, on Linux; elsewhere the date. Only compared. */
function startOf(pid: number): string | undefined {
  const stat = readProc(pid, 'stat');
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // field 22, counted from the state, which is the third
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
  return ps.status === 0 ? ps.stdout.trim() : undefined;
}

/** Its command line, or undefined where there is no such process. */
export function commandOf(pid: number): string | undefined {
  const shown = readProc(pid, 'cmdline')?.replaceAll('\0', ' ');
  if (shown !== undefined) return shown;
  const ps = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }); // systems without /proc
  return ps.status === 0 ? ps.stdout : undefined;
}

/** Asks a process to end, waits, and ends it after `graceMs`. Gone when it resolves. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  if (await signalAndWait(pid, 'SIGTERM', graceMs)) return;
  await killProcess(pid);
}

/** Ends a process that may be frozen, or must not take its time. Gone when it resolves. */
export async function killProcess(pid: number): Promise<void> {
  await signalAndWait(pid, 'SIGKILL', KILL_MS);
}

const KILL_MS = 10_000; // a dying process gives back its memory first

async function signalAndWait(pid: number, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended just now
  }
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(50)) {
    if (!isAlive(pid)) return true;
  }
  return !isAlive(pid);
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // no such process, or a system without /proc
  }
}
