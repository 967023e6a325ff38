import { ApplicationFailure } from '@temporalio/activity';
import { PipelineError, type ErrorCode } from '../lib/errors.js';

/**
 * Whether an attempt that failed with a code is worth repeating as it is. False means that somebody has to
 * change something first: the run waits in `awaiting-fix`, where a person may repair it and `retry`.
 */
export const RETRIED: Readonly<Record<ErrorCode, boolean>> = {
  SPEC_INVALID: false,
  SPEC_UNREADABLE: false,
  COMMAND_INVALID: false,
  DATA_MISSING: false,
  DATA_INVALID: false,
  DATA_CORRUPT: false,
  DATASET_EMPTY: false,
  CLASSES_DIFFER: false,
  MODEL_UNKNOWN: false,
  WEIGHTS_INVALID: false,
  CHECKPOINT_MISMATCH: false,
  TRAINING_DIVERGED: false, // The same seed diverges at the same step.
  TENSOR_LEAK: false,
  ARTIFACT_MISSING: false, // The phase that makes it has to run again, which the workflow sees to.
  ARTIFACT_CORRUPT: false,
  DEVICE_LOST: true,
  DEVICE_STALLED: true,
  OUT_OF_MEMORY: true, // Another program may have had the memory.
  DISK_FULL: false, // A disk does not empty itself in the seconds between two attempts.
  TENSORFLOW_MISSING: false,
  SERVER_MISSING: false,
  SERVER_UNREACHABLE: true,
  RUN_UNKNOWN: false,
  RUN_FAILED: false,
};

/**
 * The only translation of an error into what the workflow and the history see: `type` is the code, `details`
 * the evidence. An error without a code is repeated: it may be the network or the file system.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof PipelineError) {
    return ApplicationFailure.create({
      message: shorten(error.message, MESSAGE_CHARACTERS),
      type: error.code,
      nonRetryable: !RETRIED[error.code],
      details: error.evidence === undefined ? [] : [fitting(error.evidence)],
    });
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'AbortError') return ApplicationFailure.retryable(message, 'INTERRUPTED');
  if (isDiskFull(error)) return toFailure(new PipelineError('DISK_FULL', `${message} · make room and retry`));
  return ApplicationFailure.retryable(shorten(message, MESSAGE_CHARACTERS), 'UNEXPECTED');
}

/** Together with the stack that the platform adds, a failure stays under the 10 KB that one payload may have. */
const MESSAGE_CHARACTERS = 2_000;
const EVIDENCE_CHARACTERS = 4_000;

function fitting(evidence: Readonly<Record<string, unknown>>): unknown {
  const text = JSON.stringify(evidence);
  return text.length <= EVIDENCE_CHARACTERS ? evidence : { shortened: shorten(text, EVIDENCE_CHARACTERS) };
}

function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}
