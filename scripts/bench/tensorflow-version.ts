import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LabelSize } from './label.js';
import type { StepSize } from './step.js';

/** What a process of one version is asked to do, one question at a time; it answers each. */
export type Question = { readonly start: Work } | { readonly run: true } | { readonly close: true };

export type Work = { readonly kind: 'step'; readonly size: StepSize } | { readonly kind: 'label'; readonly size: LabelSize };

/** One version of libtensorflow, in a process of its own. */
export interface TensorFlowVersion {
  /** What the loaded library says of itself. */
  readonly version: string;
  /** Builds the work, and says its name. */
  start(work: Work): Promise<string>;
  run(): Promise<void>;
  /** Takes the work down; the process stays for the next. */
  close(): Promise<void>;
  end(): void;
}

export interface Placed {
  readonly version: string;
  /** The addon compiled against it. */
  readonly addon: string;
}

/** Downloads and compiles what is not there yet: a minute, and up to 1 GB on disk. */
export function placeVersion(version: string): Placed {
  const program = fileURLToPath(new URL('place-tensorflow.mjs', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [program, version], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`libtensorflow ${version} cannot be placed · the line above says why; leave it out of --versions`);
  return JSON.parse(stdout) as Placed;
}

/** Throws if the process loads another version than it was started for. */
export async function startVersion({ version, addon }: Placed, environment: Readonly<Record<string, string>>): Promise<TensorFlowVersion> {
  const child = fork(new URL('serve-version.ts', import.meta.url), [addon], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 2, 'inherit', 'ipc'], // stdout holds rows alone
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of libtensorflow ${version} ended (${signal ?? `exit code ${code}`})`);
  });
  ended.catch(() => undefined); // whoever asks next learns of it
  const answer = async () => (await Promise.race([once(child, 'message'), ended]))[0] as string;
  const ask = (question: Question) => {
    if (child.connected) child.send(question);
    return answer();
  };
  const loaded = await answer();
  if (loaded !== version) {
    child.kill('SIGKILL');
    throw new Error(`${addon} loads libtensorflow ${loaded}, but must load ${version} · remove its folder, and it is made again`);
  }
  return {
    version: loaded,
    start: (work) => ask({ start: work }),
    async run() {
      await ask({ run: true });
    },
    async close() {
      await ask({ close: true });
    },
    end: () => child.kill('SIGKILL'),
  };
}
