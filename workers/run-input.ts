import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { Revision } from '../workflows/messages.js';
import type { noisyStudent, RunInput } from '../workflows/noisy-student.js';
import type { Results } from '../workflows/run-state.js';

export type RunHistory = Awaited<ReturnType<WorkflowHandle<typeof noisyStudent>['fetchHistory']>>;

/**
 * What a history says that an execution works on, also where no worker answers: what it was started with, and over that the changes that
 * it accepted since. `results`: of the executions before it.
 */
export function inputOf({ events }: Pick<RunHistory, 'events'>): { readonly input: RunInput; readonly results?: Results } {
  const started = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const [input, results] = started.map(decode) as [RunInput, Results?];
  const accepted = (events ?? []).flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update?.acceptedRequest?.input ?? []);
  const last = accepted.findLast(({ name }) => name === 'revise')?.args?.payloads?.[0];
  const { spec, specDigest, locations } = last ? (decode(last) as Revision) : input;
  return { input: { ...input, spec, specDigest, locations }, ...(results && { results }) };
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

export function decode(payload: Payload): unknown {
  return defaultPayloadConverter.fromPayload(payload);
}
