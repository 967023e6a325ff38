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
  await signalAndWait(pid, 'SIGKILL', graceMs);
}

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
