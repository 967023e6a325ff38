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
  MODEL_INVALID: false,
  HUB_UNREACHABLE: true,
  MODEL_UNAVAILABLE: false,
  DOWNLOAD_CORRUPT: true, // A server behind the hub may be damaged, and the next one not.
  WEIGHTS_INVALID: false,
  CHECKPOINT_MISMATCH: false,
  TRAINING_DIVERGED: false, // The same seed diverges at the same step.
  TENSOR_LEAK: false,
  ARTIFACT_MISSING: false, // The phase that makes it has to run again, which the workflow sees to.
  ARTIFACT_CORRUPT: false,
  SUPERSEDED: true, // It finds what the other one made.
  STORE_REFUSED: false,
  STORE_UNREACHABLE: true,
  COMPILE_UNSUPPORTED: false,
  DEVICE_LOST: true,
  DEVICE_STALLED: true,
  OUT_OF_MEMORY: true, // Another program may have had the memory.
  DISK_FULL: false, // A disk does not empty itself in the seconds between two attempts.
  TENSORFLOW_MISSING: false,
  SERVER_MISSING: false,
  SERVER_UNREACHABLE: true,
  WORKER_LOST: false,
  RUN_UNKNOWN: false,
  RUN_FAILED: false,
};

/**
 * Milliseconds between a failure and the next attempt; one failure more, and a person is asked: what outlives three
 * repetitions does not pass by itself. Memory or a network may need a little while to come back.
 */
const DELAYS_MS: readonly number[] = [1_000, 5_000, 25_000];

/**
 * The only translation of an error into what the workflow and the history see: `type` is the code, `details` the
 * evidence. An error without a code is repeated: it may be the network or the file system. `failures` counts this
 * failure and those before it; an attempt that was cut off from outside is none, says nothing, and is always repeated.
 */
export function toFailure(error: unknown, failures = 1): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (isInterruption(error)) return ApplicationFailure.retryable(error.message, 'INTERRUPTED');
  const { type, message, details, isRetried } = describe(error);
  const nextRetryDelay = DELAYS_MS[failures - 1];
  const nonRetryable = !isRetried || nextRetryDelay === undefined;
  return ApplicationFailure.create({ type, message: shorten(message, MESSAGE_CHARACTERS), details, nonRetryable, ...(!nonRetryable && { nextRetryDelay }) });
}

/** A job that was stopped though nobody cancelled the attempt: its device was closed under it. */
export function isInterruption(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

function describe(error: unknown): { type: string; message: string; details: unknown[]; isRetried: boolean } {
  if (error instanceof PipelineError) {
    const { code, message, evidence } = error;
    return { type: code, message, details: evidence === undefined ? [] : [fitting(evidence)], isRetried: RETRIED[code] };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isDiskFull(error)) return describe(new PipelineError('DISK_FULL', `${message} · make room and retry`));
  return { type: 'UNEXPECTED', message, details: [], isRetried: true };
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
