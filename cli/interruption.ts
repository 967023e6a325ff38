/** Thrown by what Ctrl-C, SIGTERM or the end of the terminal cut off, after it has left nothing behind. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

export interface Interruption {
  /** Aborted by the first signal, with `Interrupted`: come to an end in good order. */
  readonly signal: AbortSignal;
  /** Aborted by the second: come to an end at once. */
  readonly urgent: AbortSignal;
}

/**
 * From now on signals no longer end this process: it ends by itself once it has ended what it started. Nothing is lost
 * either way, only the steps since a checkpoint.
 */
export function interruption(): Interruption {
  const [first, second] = [new AbortController(), new AbortController()];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (first.signal.aborted ? second : first).abort(new Interrupted()));
  }
  return { signal: first.signal, urgent: second.signal };
}

/** The work's result, or the reason of the signal as soon as that is aborted: what the work then does is of no interest. */
export async function cutOff<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
