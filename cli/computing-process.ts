import { fork } from 'node:child_process';
import { availableParallelism, constants } from 'node:os';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { EXIT } from './outcome.js';

/** Set in the process that computes: the width of the terminal, or 0 where stderr is none. */
const COLUMNS = 'NOISY_STUDENT_COLUMNS';

/**
 * Runs this command again in a process whose environment suits libtensorflow, which reads it once, when the process starts, and without
 * the lines that libtensorflow writes to stderr whatever it is told. Resolves with the exit code. Signals reach that process, and it ends
 * with this one.
 */
export async function inComputingProcess([, file, ...args]: readonly string[]): Promise<number> {
  const child = fork(file!, args, {
    env: {
      ...tensorFlowEnvironment({ interOp: availableParallelism() }),
      ...process.env,
      [COLUMNS]: String(process.stderr.isTTY ? process.stderr.columns : 0),
    },
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => process.stderr.write(text.replace(TENSORFLOW_LINES, '')));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // A terminal has sent it to both already; a second one would mean "at once".
    process.on(signal, () => !(signal === 'SIGINT' && process.stdin.isTTY) && child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal ? 128 + constants.signals[signal] : EXIT.unexpected)));
  });
}

/** Whether this is that process; then it ends when the one that started it is gone, and draws on its terminal. */
export function joinComputingProcess(): boolean {
  const columns = process.env[COLUMNS];
  if (columns === undefined) return false;
  process.once('disconnect', () => process.exit(EXIT.interrupted));
  process.channel?.unref();
  if (Number(columns) > 0) Object.assign(process.stderr, { isTTY: true, columns: Number(columns) });
  return true;
}

const TENSORFLOW_LINES =
  /^(WARNING: All log messages before absl::InitializeLog\(\)|I\d{4} |\d{4}-\d\d-\d\d [\d:.]+: I |To enable the following instructions:).*\n/gm;
