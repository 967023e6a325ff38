import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a bench makes for itself outlives it in no case: not a failure, not Ctrl-C. */
const folders: string[] = [];
const children = new Set<ChildProcess>();

export function temporaryFolder(): string {
  if (folders.length === 0) process.once('exit', removeFolders);
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-bench-'));
  folders.push(folder);
  return folder;
}

/** The child itself; it is asked to end, and waited for, when a signal ends this process. */
export function owned<Child extends ChildProcess>(child: Child): Child {
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/** Resolves when the child has ended and its output has been read: at once, where it has. */
export async function ended(child: ChildProcess): Promise<void> {
  if (children.has(child)) await new Promise((resolve) => child.once('close', resolve));
}

/** From now on a first signal clears up before this process ends. A second one ends it at once. */
export function clearUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const child of children) child.kill('SIGTERM');
      void Promise.all([...children].map(ended)).then(() => process.exit(130));
    });
  }
}

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
