import { ERRORS, PipelineError, type ErrorCode } from '../errors.js';
import type { FromChild } from './messages.js';

type Failed = Extract<FromChild, { type: 'failed' }>;

/** What is recognised in an error of Node or libtensorflow, which know no codes of ours. */
const SYMPTOMS: readonly { readonly code: ErrorCode; readonly pattern: RegExp; readonly advice: string }[] = [
  // RESOURCE_EXHAUSTED and "OOM when allocating tensor" are libtensorflow's; Node's typed arrays say the last two.
  { code: 'OUT_OF_MEMORY', pattern: /\bOOM\b|resource.?exhausted|array buffer allocation failed|ENOMEM/i, advice: 'use a smaller batch, or smaller images' },
  { code: 'DISK_FULL', pattern: /ENOSPC|EDQUOT|No space left on device/, advice: 'free some space and run again: what was complete is kept' },
];

/** An error of Node or libtensorflow that is known → one with our code and an advice; any other as it is. */
export function knownFailure(error: unknown): unknown {
  const symptom = error instanceof Error && !(error instanceof PipelineError) ? symptomOf(error.message) : undefined;
  return symptom ? new PipelineError(symptom.code, `${(error as Error).message} · ${symptom.advice}`, { cause: error }) : error;
}

/** An error of the child → the message that carries it to the worker. */
export function describeFailure(error: unknown): Failed {
  if (error instanceof PipelineError) {
    return {
      type: 'failed',
      code: error.code,
      message: error.message.slice(error.code.length + 1), // the constructor on the other side puts the code in front again
      ...(error.evidence && { evidence: error.evidence }),
      ...(error.stack !== undefined && { stack: error.stack }),
    };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const symptom = symptomOf(message);
  const said = symptom ? `${message} · ${symptom.advice}` : message;
  return { type: 'failed', code: symptom?.code ?? 'UNEXPECTED', message: said, ...(stack !== undefined && { stack }) };
}

function symptomOf(message: string): (typeof SYMPTOMS)[number] | undefined {
  return SYMPTOMS.find(({ pattern }) => pattern.test(message));
}

/** The message → an error in the worker: a PipelineError where the code is one of ours. */
export function reviveFailure({ code, message, evidence, stack }: Failed): Error {
  const cause = stack === undefined ? undefined : Object.assign(new Error(message), { stack });
  if (Object.hasOwn(ERRORS, code)) {
    return new PipelineError(code as ErrorCode, message, { ...(cause && { cause }), ...(evidence && { evidence: { ...evidence } }) });
  }
  return new Error(`The device process failed unexpectedly: ${message}`, { cause });
}
