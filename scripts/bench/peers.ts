import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../lib/tensor/runtime.js';

const FOLDER = fileURLToPath(new URL('../bench-peers/', import.meta.url));

/** Another program that does the same work, in a process of its own. */
export interface Peer {
  /** Builds the work, and does it three times to warm up. */
  prepare(work: Readonly<Record<string, unknown>>): Promise<void>;
  run(times: number): Promise<void>;
  /** Peak resident memory so far. */
  peakBytes(): Promise<number>;
  close(): void;
}

/** A Python environment with the versions of requirements.txt, made once. */
export function pythonEnvironment(home: string): string {
  const folder = join(home, 'bench-peers');
  const python = join(folder, 'bin', 'python');
  if (!existsSync(join(folder, 'complete'))) {
    must('python3', ['-m', 'venv', folder]);
    must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(FOLDER, 'requirements.txt')]);
    must('touch', [join(folder, 'complete')]);
  }
  return python;
}

function must(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}

export function startPeer(python: string, peer: string, { intraOp, interOp }: { intraOp: number; interOp: number }): Peer {
  const own = new Set(Object.keys(tensorFlowEnvironment({ interOp }))); // a peer runs as its users run it
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.has(name)));
  const child = spawn(python, [join(FOLDER, 'serve.py'), peer, String(intraOp), String(interOp)], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the peer ${peer} ended with exit code ${code}`);
  });
  ended.catch(() => undefined); // whoever asks next learns of it
  const ask = async (question: object) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    return JSON.parse(line) as Record<string, number>;
  };
  return {
    async prepare(work) {
      await ask({ prepare: work });
      await ask({ run: 2 });
    },
    async run(times) {
      await ask({ run: times });
    },
    peakBytes: async () => (await ask({ memory: true }))['bytes']!,
    close: () => child.kill('SIGKILL'),
  };
}
