import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../lib/errors.js';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { EXIT } from './outcome.js';

/** Set in the process that computes: the width of the terminal, or 0 where stderr is none; and a folder of this command's own. */
const COLUMNS = 'NOISY_STUDENT_COLUMNS';
const SCRATCH = 'NOISY_STUDENT_SCRATCH';

/**
 * Runs this command again in a process whose environment suits libtensorflow, which reads it once, when the process starts, and without
 * the lines that libtensorflow writes to stderr whatever it is told. Resolves with the exit code. The first signal asks that process to
 * come to an end, the second ends it; it ends with this one, and what it wrote into its folder goes with it however it ends.
 */
export async function inComputingProcess([, file, ...args]: readonly string[]): Promise<number> {
  const scratch = await makeScratch();
  try {
    const child = fork(file!, args, {
      env: {
        ...tensorFlowEnvironment({ interOp: availableParallelism() }),
        ...process.env,
        [COLUMNS]: String(process.stderr.isTTY ? process.stderr.columns : 0),
        [SCRATCH]: scratch,
      },
      stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => process.stderr.write(text.replace(TENSORFLOW_LINES, '')));
    let signals = 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        signals++;
        if (signals > 1) child.kill('SIGKILL');
        // A terminal has sent it to both already.
        else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      });
    }
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (signal && signals === 0)
          process.stderr.write(
            `DEVICE_LOST the process that computes was ended by ${signal} · if nobody did, memory ran out: choose a smaller --size or --batch\n`,
          );
        resolve(signals > 0 ? EXIT.interrupted : (code ?? (signal ? 128 + constants.signals[signal] : EXIT.unexpected)));
      });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Whether this is that process; then it ends when the one that started it is gone, and draws on its terminal. Resolves with the folder of its own. */
export function joinComputingProcess(): string | undefined {
  const [columns, scratch] = [process.env[COLUMNS], process.env[SCRATCH]];
  if (columns === undefined || scratch === undefined) return undefined;
  process.once('disconnect', () => process.exit(EXIT.interrupted));
  process.channel?.unref();
  if (Number(columns) > 0) Object.assign(process.stderr, { isTTY: true, columns: Number(columns) });
  return scratch;
}

async function makeScratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'noisy-student-')).catch((cause: NodeJS.ErrnoException) => {
    throw new PipelineError('COMMAND_INVALID', `nothing can be written into the temporary folder ${tmpdir()} (${cause.code}) · set TMPDIR to one that can`, {
      cause,
    });
  });
}

const TENSORFLOW_LINES =
  /^(WARNING: All log messages before absl::InitializeLog\(\)|I\d{4} |\d{4}-\d\d-\d\d [\d:.]+: I |To enable the following instructions:).*\n/gm;
