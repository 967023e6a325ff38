import { ApplicationFailure } from '@temporalio/activity';
import { PipelineError, type ErrorCode } from '../lib/errors.js';

/** Milliseconds before each repetition of an attempt that failed with the same cause in a row; after the last one a person is asked. */
type Repetitions = readonly number[];

const [SECOND, MINUTE] = [1_000, 60_000];
/** Somebody has to change something first. */
const NEVER: Repetitions = [];
/** To see whether it comes back. */
const ONCE: Repetitions = [SECOND];
/** What outlives three repetitions does not pass by itself. */
const BRIEFLY: Repetitions = [SECOND, 5 * SECOND, 25 * SECOND];
/** About an hour: a server, a store or a network is away, and comes back as it was. */
const PATIENTLY: Repetitions = [...BRIEFLY, ...Array<number>(60).fill(MINUTE)];

/**
 * What becomes of a run whose attempt fails, by cause. When the repetitions are used up, or there are none, it waits in `awaiting-fix`, where a
 * person may put the cause right and `retry`; nothing that was done is lost. An image that cannot be read fails nothing: it is set aside, and
 * only more of them than `data.corruptShare` allows are DATA_CORRUPT. docs/failures.md says the same for people.
 */
export const REPEATED: Readonly<Record<ErrorCode, Repetitions>> = {
  SPEC_INVALID: NEVER,
  SPEC_UNREADABLE: NEVER,
  COMMAND_INVALID: NEVER,
  DATA_MISSING: NEVER,
  DATA_INVALID: NEVER,
  DATA_CORRUPT: NEVER,
  DATASET_EMPTY: NEVER,
  CLASSES_DIFFER: NEVER,
  MODEL_UNKNOWN: NEVER,
  MODEL_INVALID: NEVER,
  HUB_UNREACHABLE: PATIENTLY,
  MODEL_UNAVAILABLE: NEVER,
  DOWNLOAD_CORRUPT: BRIEFLY, // A server behind the hub may be damaged, and the next one not.
  WEIGHTS_INVALID: NEVER,
  CHECKPOINT_MISMATCH: NEVER,
  TRAINING_DIVERGED: ONCE, // From the last checkpoint, which is good. The same seed diverges at the same step, but a memory's flipped bit does not.
  TENSOR_LEAK: NEVER,
  ARTIFACT_MISSING: NEVER, // The phase that makes it has to run again, which the workflow sees to.
  ARTIFACT_CORRUPT: NEVER,
  SUPERSEDED: BRIEFLY, // It finds what the other one made.
  STORE_REFUSED: NEVER,
  STORE_UNREACHABLE: PATIENTLY,
  COMPILE_UNSUPPORTED: NEVER,
  DEVICE_LOST: BRIEFLY,
  DEVICE_STALLED: BRIEFLY,
  OUT_OF_MEMORY: BRIEFLY, // Batches were made as small as they can be by then. Another program may have had the memory.
  DISK_FULL: NEVER, // A disk does not empty itself in the seconds between two attempts.
  TENSORFLOW_MISSING: NEVER,
  SERVER_MISSING: NEVER,
  SERVER_UNREACHABLE: PATIENTLY,
  WORKER_LOST: NEVER,
  RUN_UNKNOWN: NEVER,
  RUN_FAILED: NEVER,
};

/** An error without a code: the network or the file system, which may pass, or a fault of the program. */
const UNEXPECTED: Repetitions = BRIEFLY;

/**
 * The only translation of an error into what the workflow and the history see: `type` is the code, `details` the
 * evidence. `failures` counts this failure and those before it; an attempt that was cut off from outside is none, says nothing, and is
 * always repeated.
 */
export function toFailure(error: unknown, failures = 1): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (isInterruption(error)) return ApplicationFailure.retryable(error.message, 'INTERRUPTED');
  const { type, message, details, repetitions } = describe(error);
  const nextRetryDelay = repetitions[failures - 1];
  const nonRetryable = nextRetryDelay === undefined;
  return ApplicationFailure.create({ type, message: shorten(message, MESSAGE_CHARACTERS), details, nonRetryable, ...(!nonRetryable && { nextRetryDelay }) });
}

/** A job that was stopped though nobody cancelled the attempt: its device was closed under it. */
export function isInterruption(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

function describe(error: unknown): { type: string; message: string; details: unknown[]; repetitions: Repetitions } {
  if (error instanceof PipelineError) {
    const { code, message, evidence } = error;
    return { type: code, message, details: evidence === undefined ? [] : [fitting(evidence)], repetitions: REPEATED[code] };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isDiskFull(error)) return describe(new PipelineError('DISK_FULL', `${message} · make room and retry`));
  return { type: 'UNEXPECTED', message, details: [], repetitions: UNEXPECTED };
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
