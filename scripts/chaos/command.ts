import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line of `run --json` on stderr: see `RunProgress` of cli/progress.ts. */
export interface ProgressLine {
  readonly run?: string;
  readonly state?: string;
  readonly generation?: string | null;
  readonly phase?: string | null;
  readonly step?: number;
  readonly message?: string;
  readonly failure?: string;
}

/** `noisy-student run PIPELINE --json`, and what it says. */
export interface Command {
  readonly process: ChildProcess;
  /** Its exit code or signal. */
  readonly ended: Promise<number | string>;
  readonly log: () => string;
  readonly stdout: () => string;
}

/** Starts it in this folder. `onLine` hears of every line of progress. */
export function startCommand(args: readonly string[], environment: NodeJS.ProcessEnv, onLine: (line: ProgressLine) => void): Command {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 40) lines.shift();
    const parsed = parse(line);
    if (parsed) onLine(parsed);
  });
  const ended = new Promise<number | string>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal!)));
  return { process: child, ended, log: () => lines.join('\n'), stdout: () => stdout };
}

function parse(line: string): ProgressLine | undefined {
  try {
    return JSON.parse(line) as ProgressLine;
  } catch {
    return undefined;
  }
}
