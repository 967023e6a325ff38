import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { OPTIONS, SUMMARY_CHARACTERS } from './options.js';
import type { Queues } from './queues.js';

/**
 * Runs an activity on its queue with its options. `summary` is what the timeline shows: the part that tells it
 * from its neighbours first.
 */
export async function call<Name extends keyof Activities>(
  name: Name,
  queues: Queues,
  summary: string,
  input: Parameters<Activities[Name]>[0],
): Promise<Awaited<ReturnType<Activities[Name]>>> {
  const { queue, ...options } = OPTIONS[name];
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    ...options,
    taskQueue: queues[queue],
    cancellationType: 'WAIT_CANCELLATION_COMPLETED', // A training that is cancelled writes a checkpoint, which takes a moment.
    summary: shorten(summary, SUMMARY_CHARACTERS),
  });
  return (await activities[name]!(input)) as Awaited<ReturnType<Activities[Name]>>;
}

export function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
