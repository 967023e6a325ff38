import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { Revision } from '../workflows/messages.js';
import type { noisyStudent, RunInput } from '../workflows/noisy-student.js';
import type { Results } from '../workflows/run-state.js';
import type { Told } from '../workflows/told.js';

export type RunHistory = Awaited<ReturnType<WorkflowHandle<typeof noisyStudent>['fetchHistory']>>;

/**
 * What a history says that an execution works on, also where no worker answers: what it was started with, and over that the changes that
 * it accepted since. `told`: what the executions before it told.
 */
export function inputOf({ events }: Pick<RunHistory, 'events'>): { readonly input: RunInput; readonly told?: Told } {
  const started = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const [input, , told] = started.map(decode) as [RunInput, Results?, Told?];
  const accepted = (events ?? []).flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update?.acceptedRequest?.input ?? []);
  const last = accepted.findLast(({ name }) => name === 'revise')?.args?.payloads?.[0];
  const { spec, specDigest, locations } = last ? (decode(last) as Revision) : input;
  return { input: { ...input, spec, specDigest, locations }, ...(told && { told }) };
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

export function decode(payload: Payload): unknown {
  return defaultPayloadConverter.fromPayload(payload);
}
