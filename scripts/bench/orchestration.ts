import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunStatus } from '../../workflows/messages.js';
import type { Contest, Parts } from './measure.js';
import type { LoopResult } from './plain-loop.js';
import { ended, owned, temporaryFolder } from './scratch.js';
import { load, ROOT } from './students.js';
import { inTurns, type RunningTime } from './turns.js';

const PIPELINES = new URL('../../pipelines/', import.meta.url);

/**
 * A pipeline as `noisy-student run` carries it out, with its own server and worker, against the same phases in a plain loop. Both
 * are at work at the same time, in slices of a few seconds, and in each round they are fresh processes with fresh homes. All of them
 * must end with the same weights, bit for bit.
 *
 * The loop cannot be killed, paused or watched: its ratio is what that costs.
 */
export function* temporalAgainstLoop(pipeline: string): Iterable<Contest> {
  load(pipeline); // a faulty one is refused now, not after the round that warms up
  const homes = temporaryFolder();
  /** The round that warms up takes the minute-long pipeline: it brings programs and data into memory as well as the long one. */
  const rounds = lazily((round: number) => {
    const file = round === 0 ? fileURLToPath(new URL('smoke.yaml', PIPELINES)) : pipeline;
    return sideBySide(file, join(homes, String(round)));
  });
  yield {
    work: `${basename(pipeline)} through Temporal`,
    run: async (round) => (await rounds(round)).temporal,
    rivals: [{ name: 'the same phases in a plain loop', run: async (round) => (await rounds(round)).loop }],
    close: () => undefined,
  };
}

function lazily<Result>(make: (round: number) => Promise<Result>): (round: number) => Promise<Result> {
  const made = new Map<number, Promise<Result>>();
  return (round) => made.get(round) ?? made.set(round, make(round)).get(round)!;
}

/** Long against a switch, and short against the minutes for which a shared machine is slow. Every wait for a heartbeat is longer. */
const SLICE_MS = 4_000;

async function sideBySide(file: string, home: string): Promise<{ temporal: Parts; loop: Parts }> {
  const homes = { temporal: `${home}-temporal`, loop: `${home}-loop` };
  const temporal = nodeProcess([join(ROOT, 'cli/noisy-student.mjs'), 'run', file, '--home', homes.temporal, '--json']);
  const loop = nodeProcess(['--import', 'tsx', fileURLToPath(new URL('./plain-loop.ts', import.meta.url)), file, homes.loop]);
  const [running, looping] = await inTurns([temporal.start, loop.start], SLICE_MS);

  const { generations, baseline } = JSON.parse(await temporal.output()) as RunStatus;
  const { weights, up, done } = JSON.parse(await loop.output()) as LoopResult;
  assert.deepEqual(
    [...generations, ...(baseline ? [baseline] : [])].map((model) => model.weights),
    weights,
    `weights differ after ${file}`,
  );
  return {
    temporal: timesOf(running!, await workerUp(homes.temporal), temporal.saidAt(/"state":"done"/)),
    loop: timesOf(looping!, up, done),
  };
}

/** Milliseconds since 1970 at which the last of the worker's roles took up work: the server answered before. */
async function workerUp(home: string): Promise<number> {
  const log = (await readFile(join(home, 'logs', 'worker.log'), 'utf8')).trimEnd().split('\n');
  const entries = log.map((line) => JSON.parse(line) as { time: string; state?: string });
  return Math.max(...entries.filter(({ state }) => state === 'RUNNING').map(({ time }) => Date.parse(time)));
}

function timesOf(running: RunningTime, up: number, done: number): Parts {
  assert.ok(done > up, 'it was not seen when the run was up, or when it was done');
  return { whole: running(Infinity), 'from up to the result': running(done) - running(up) };
}

/** A Node process to be started, what it says, and when. */
function nodeProcess(args: readonly string[]) {
  const said: { readonly line: string; readonly at: number }[] = [];
  let child: ReturnType<typeof spawnOwned> | undefined;
  let stdout = '';
  return {
    start() {
      child = spawnOwned(args);
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      createInterface({ input: child.stderr }).on('line', (line) => said.push({ line, at: Date.now() }));
      return child;
    },
    /** Of one that ended well; else its last words are thrown. */
    async output(): Promise<string> {
      await ended(child!);
      if (child!.exitCode === 0) return stdout;
      const words = said.slice(-20).map(({ line }) => line);
      throw new Error(`node ${args.join(' ')} ended with ${child!.exitCode ?? child!.signalCode}\n${words.join('\n')}`);
    },
    /** Milliseconds since 1970. */
    saidAt: (what: RegExp): number => said.find(({ line }) => what.test(line))?.at ?? NaN,
  };
}

function spawnOwned(args: readonly string[]) {
  return owned(spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] }));
}
