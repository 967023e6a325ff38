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
