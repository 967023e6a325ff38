/** Where work waits: workflow tasks, work for the processor, and work for the device (one slot per device). */
export interface Queues {
  readonly workflows: string;
  readonly cpu: string;
  readonly gpu: string;
}

export type Role = keyof Queues;

export const DEFAULT_PREFIX = 'noisy-student';

/** Another prefix keeps two installations, or two tests, on one server apart. */
export function queuesOf(prefix: string = DEFAULT_PREFIX): Queues {
  return { workflows: prefix, cpu: `${prefix}-cpu`, gpu: `${prefix}-gpu` };
}
