import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that a command could run until a moment, which is given in milliseconds since 1970. */
export type RunningTime = (moment: number) => number;

/**
 * Starts commands that take minutes, and lets one at a time run for `sliceMs` while the others are frozen with all that they
 * started: a machine that slows down for a minute slows all of them, which whole rounds in turn do not see to. Resolves when all have
 * ended. Needs Linux.
 */
export async function inTurns(starts: readonly (() => ChildProcess)[], sliceMs: number): Promise<readonly RunningTime[]> {
  const sides = starts.map(startFrozen);
  const interruption = new AbortController();
  const thaw = (): void => {
    interruption.abort(); // frozen processes could not be ended
    for (const { child } of sides) signalTree(child, 'SIGCONT');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependListener(signal, thaw);
  try {
    for (let turn = 0; sides.some(({ child }) => !hasEnded(child)) && !interruption.signal.aborted; turn++)
      await takeTurn(sides[turn % sides.length]!, sliceMs, interruption.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, thaw);
  }
  return sides.map(
    ({ slices }) =>
      (moment) =>
        slices.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, moment) - from), 0),
  );
}

interface Side {
  readonly child: ChildProcess;
  readonly slices: { readonly from: number; readonly to: number }[];
}

function startFrozen(start: () => ChildProcess): Side {
  const from = Date.now();
  const child = start();
  signalTree(child, 'SIGSTOP');
  return { child, slices: [{ from, to: Date.now() }] };
}

async function takeTurn({ child, slices }: Side, sliceMs: number, interruption: AbortSignal): Promise<void> {
  if (hasEnded(child)) return;
  const from = Date.now();
  signalTree(child, 'SIGCONT');
  while (Date.now() < from + sliceMs && !hasEnded(child) && !interruption.aborted) await delay(20);
  if (!interruption.aborted) signalTree(child, 'SIGSTOP');
  slices.push({ from, to: Date.now() });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** To a process and all that it started, in whatever group; those that have just ended are no matter. */
function signalTree({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  const parents = new Map(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), parentOf(name)] as const] : [])));
  const tree = [pid!];
  for (const parent of tree) tree.push(...[...parents].flatMap(([child, of]) => (of === parent ? [child] : [])));
  for (const member of tree) {
    try {
      process.kill(member, signal);
    } catch {
      // ended
    }
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
