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

const PIPELINES = new URL('../../pipelines/', import.meta.url);

/**
 * A pipeline as `noisy-student run` carries it out, with its own server and worker, against the same phases in a plain loop. Each
 * round of each side is a fresh process with a fresh home. All of them must end with the same weights, bit for bit.
 *
 * The loop cannot be killed, paused or watched: its ratio is what that costs. Up to 1 s of a run passes between its end and the
 * command's noticing it, and is counted.
 */
export function* temporalAgainstLoop(pipeline: string): Iterable<Contest> {
  load(pipeline); // a faulty one is refused now, not after the round that warms up
  const homes = temporaryFolder();
  const expected = new Map<string, LoopResult['weights']>();
  let count = 0;
  /** The round that warms up takes the minute-long pipeline: it brings programs and data into memory as well as the long one. */
  const run = (side: (file: string, home: string) => Promise<Outcome>) => async (round: number) => {
    const file = round === 0 ? fileURLToPath(new URL('smoke.yaml', PIPELINES)) : pipeline;
    const { weights, parts } = await side(file, join(homes, String(count++)));
    assert.deepEqual(weights, (expected.has(file) ? expected : expected.set(file, weights)).get(file), `weights differ after ${file}`);
    return parts;
  };
  yield {
    work: `${basename(pipeline)} through Temporal`,
    run: run(throughTemporal),
    rivals: [{ name: 'the same phases in a plain loop', run: run(inPlainLoop) }],
    close: () => undefined,
  };
}

interface Outcome {
  readonly weights: LoopResult['weights'];
  readonly parts: Parts;
}

async function throughTemporal(file: string, home: string): Promise<Outcome> {
  let done = NaN;
  const stdout = await outputOf([join(ROOT, 'cli/noisy-student.mjs'), 'run', file, '--home', home, '--json'], (line) => {
    if (/"state":"done"/.test(line)) done = Date.now();
  });
  const { generations, baseline } = JSON.parse(stdout) as RunStatus;
  return { weights: [...generations, ...(baseline ? [baseline] : [])].map(({ weights }) => weights), parts: sinceUp(await workerUp(home), done) };
}

/** Milliseconds since 1970 at which the last of the worker's roles took up work: the server answered before. */
async function workerUp(home: string): Promise<number> {
  const log = (await readFile(join(home, 'logs', 'worker.log'), 'utf8')).trimEnd().split('\n');
  const entries = log.map((line) => JSON.parse(line) as { time: string; state?: string });
  return Math.max(...entries.filter(({ state }) => state === 'RUNNING').map(({ time }) => Date.parse(time)));
}

async function inPlainLoop(file: string, home: string): Promise<Outcome> {
  const stdout = await outputOf(['--import', 'tsx', fileURLToPath(new URL('./plain-loop.ts', import.meta.url)), file, home]);
  const { weights, up, done } = JSON.parse(stdout) as LoopResult;
  return { weights, parts: sinceUp(up, done) };
}

function sinceUp(up: number, done: number): Parts {
  assert.ok(done > up, 'it was not seen when the run was up, or when it was done');
  return { 'from up to the result': done - up };
}

/** Of a Node process that ends well; else its last words are thrown. */
async function outputOf(args: readonly string[], onErrorLine: (line: string) => void = () => undefined): Promise<string> {
  const child = owned(spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] }));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    onErrorLine(line);
  });
  await ended(child);
  if (child.exitCode === 0) return stdout;
  throw new Error(`node ${args.join(' ')} ended with ${child.exitCode ?? child.signalCode}\n${said.slice(-20).join('\n')}`);
}
