import { redacted, type Redact } from '../lib/redaction.js';

type Activity = (input: never) => Promise<unknown>;

/**
 * The same activities, whose failures enter the history without what belongs to one machine or person. They have no stacks: those name
 * the machine's folders, and stand in the worker's log.
 */
export function withoutPrivate<Activities extends Readonly<Record<string, Activity>>>(activities: Activities, redact: Redact): Activities {
  const wrapped = Object.entries(activities).map(([name, activity]) => {
    const wrapper = async (input: never): Promise<unknown> => {
      try {
        return await activity(input);
      } catch (error) {
        for (let inner = error; inner instanceof Error; inner = inner.cause) rewrite(inner, redact);
        throw error;
      }
    };
    return [name, wrapper];
  });
  return Object.fromEntries(wrapped) as Activities;
}

function rewrite(error: Error & { readonly details?: readonly unknown[] }, redact: Redact): void {
  const { message, details } = error;
  Object.assign(error, { message: redact(message), stack: '', ...(details && { details: redacted(details, redact) }) });
}
