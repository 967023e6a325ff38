import type { ErrorCode } from '../lib/errors.js';

/** Exit codes; scripts rely on them. */
export const EXIT = { done: 0, unexpected: 1, invalid: 2, failed: 3, unreachable: 4, interrupted: 130 } as const;

/** What a command prints on stdout, and its exit code. Progress and logs go to stderr. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** Of a command that failed with an error of ours. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_BY_CODE[code] ?? EXIT.unexpected;
}

const EXIT_BY_CODE: Partial<Record<ErrorCode, number>> = {
  SPEC_INVALID: EXIT.invalid,
  SPEC_UNREADABLE: EXIT.invalid,
  COMMAND_INVALID: EXIT.invalid,
  RUN_UNKNOWN: EXIT.invalid,
  ARTIFACT_MISSING: EXIT.invalid,
  MODEL_UNKNOWN: EXIT.invalid,
  MODEL_INVALID: EXIT.invalid,
  MODEL_UNAVAILABLE: EXIT.invalid,
  WEIGHTS_INVALID: EXIT.invalid,
  DATA_INVALID: EXIT.invalid,
  RUN_FAILED: EXIT.failed,
  SERVER_UNREACHABLE: EXIT.unreachable,
  HUB_UNREACHABLE: EXIT.unreachable,
};
