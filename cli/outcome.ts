/** Exit codes; scripts rely on them. */
export const EXIT = { done: 0, unexpected: 1, invalid: 2, failed: 3, unreachable: 4, interrupted: 130 } as const;

/** What a command prints on stdout, and its exit code. Progress and logs go to stderr. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}
