import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { descendants } from '../../scripts/processes.js';
import { killProcess } from '../../workers/processes.js';
import type { RunStatus } from '../../workflows/messages.js';
import { noise, writePicture } from '../data/pictures.js';

/** The sets that `writeSets` writes. */
export const SETS = `data:
  image: { size: 16 }
  labelled: { format: folder, path: labelled }
  validation: { format: folder, path: validation }
  unlabelled: { format: folder, path: pool }
  test: { format: folder, path: test }`;

/** Pictures of two classes, 6 of each in each set, and 20 of a pool. */
export async function writeSets(folder: string): Promise<void> {
  const size = { width: 24, height: 24 };
  for (const [s, set] of ['labelled', 'validation', 'test'].entries())
    for (const [c, name] of ['cat', 'dog'].entries())
      for (let i = 0; i < 6; i++) await writePicture(join(folder, set, name, `${i}.png`), noise(100 * s + 10 * c + i, size), size);
  for (let i = 0; i < 20; i++) await writePicture(join(folder, 'pool', `${i}.png`), noise(1000 + i, size), size);
}

/** A teacher of many short steps, so that there is time to disturb it, and a student of a few. */
const SPEC = `
version: 1
name: small
${SETS}
teacher: { model: efficientnet_t0, training: { steps: 400 } }
students: [{ model: efficientnet_t0 }]
baseline: none
noise: { flip: horizontal, dropout: 0.1 }
training: { steps: 40, batch: 4, unlabelledRatio: 2, checkpointEvery: 20, schedule: { name: cosine, rate: 0.01, warmupSteps: 2 } }
labelling: { batch: 16, shard: 16 }
selection: { confidence: 0 }
`;

export interface SmallRun {
  /** Holds spec.yaml, its images, and the homes. */
  readonly folder: string;
  /** Runs a command with a home of that name. What is left of it is ended after the tests. */
  start(args: readonly string[], home: string, environment?: NodeJS.ProcessEnv): ChildProcess;
}

/** One folder with a small pipeline for all tests of a file. */
export function useSmallRun(): SmallRun {
  const small = {} as { folder: string };
  const started: ChildProcess[] = [];
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'noisy-student-small-'));
    small.folder = folder;
    await writeSets(folder);
    await writeFile(join(folder, 'spec.yaml'), SPEC);
  });
  after(async () => {
    for (const { pid } of started) for (const each of [...descendants(pid!).map((below) => below.pid), pid!]) await killProcess(each);
    await rm(small.folder, { recursive: true, force: true });
  });
  return Object.assign(small, {
    start(args: readonly string[], home: string, environment: NodeJS.ProcessEnv = ALONE): ChildProcess {
      const { folder } = small;
      const command = join(import.meta.dirname, '../../cli/noisy-student.mjs');
      const child = spawn(process.execPath, [command, ...args, '--home', join(folder, home)], {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stderr = '';
      child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.once('close', (code) => code && console.error(`${args[0]} with ${home} ended with ${code}: ${stderr.slice(-2000)}`));
      started.push(child);
      return child;
    },
  });
}

/** With an embedded server and a store of its own. */
export const ALONE: NodeJS.ProcessEnv = { ...process.env, NOISY_STUDENT_HOME: undefined, TEMPORAL_ADDRESS: undefined };

/** What `run --json` prints, once it has ended well. */
export async function finished(command: ChildProcess): Promise<RunStatus> {
  let stdout = '';
  command.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(command, 'close')) as [number];
  assert.equal(code, 0);
  return JSON.parse(stdout) as RunStatus;
}

export async function firstLine(command: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of command.stdout!) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text;
}

export function weightsOf({ generations }: RunStatus): readonly string[] {
  return generations.map(({ weights }) => weights.sha256);
}
