import type { FromChild, Progress } from './messages.js';

/**
 * What a job may call while it runs in the process that owns the device. A job gives the event loop a turn
 * (`await setImmediate()`) at least once per batch: that is when a request to stop can be read.
 */
export interface JobHooks {
  onProgress(progress: Progress): void;
  /** True once the job should end early. Ask after every batch. */
  shouldStop(): boolean;
  /** Resolves while the worker is known to live. Await it before anything is written that another attempt uses, too. */
  licence(): Promise<void>;
  /** Monotonic milliseconds; for rates and shares, never for a result. */
  now(): number;
  /** Lets go at once of what JavaScript does not use any more: 10 to 25 ms. */
  collectGarbage(): void;
  /** One line for the worker's log. */
  warn(message: string): void;
}

/** How a job ends when nothing fails; it is sent as it is. Stopped = the output folder is not complete. */
export type JobOutcome = Extract<FromChild, { type: 'done' | 'stopped' }>;
