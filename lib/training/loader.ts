import type { Drawer, Drawn } from './draw.js';
import type { Threads } from './threads.js';

export interface LoaderOptions {
  /** How many steps the training has. */
  readonly steps: number;
  /** Bytes of drawn steps that may wait to be taken. */
  readonly aheadBytes: number;
  /** Told when a thread failed: the training goes on, but slower. */
  warn(message: string): void;
}

/** Hands out the steps of a training in order, drawn ahead by threads while the device computes. */
export interface Loader {
  draw(step: number): Promise<Drawn>;
  /** Steps that are still being drawn are forgotten. */
  close(): void;
}

/**
 * A step is a pure function of the job and its number, so the bytes depend neither on the number of threads nor on their
 * order. A step that a thread could not draw is drawn here, which either works or throws the true error.
 */
export function openLoader(drawer: Drawer, threads: Pick<Threads, 'count' | 'draw'> | null, { steps, aheadBytes, warn }: LoaderOptions): Loader {
  if (!threads) return { draw: (step) => drawer.draw(step), close: () => undefined };
  const drawn = new Map<number, Promise<Drawn>>();
  let ahead = threads.count; // until the size of a step is known
  const prepare = (step: number): void => {
    if (step >= steps || drawn.has(step)) return;
    const task = threads.draw(step).catch((error: unknown) => {
      if (!drawn.has(step)) throw error; // closed meanwhile
      warn(`a thread could not draw step ${step + 1}, which is drawn without it: ${String(error)}`);
      return drawer.draw(step);
    });
    task.catch(() => undefined); // whoever takes the step learns of it
    drawn.set(step, task);
  };
  return {
    async draw(step) {
      for (let next = step; next <= step + ahead; next++) prepare(next);
      const result = await drawn.get(step)!;
      drawn.delete(step);
      ahead = Math.max(1, Math.min(4 * threads.count, Math.floor(aheadBytes / bytesOf(result))));
      return result;
    },
    close: () => drawn.clear(),
  };
}

function bytesOf({ batch: { images, targets }, masks: { dropPath, dropout } }: Drawn): number {
  return images.byteLength + targets.byteLength + (dropPath?.byteLength ?? 0) + (dropout?.byteLength ?? 0);
}
