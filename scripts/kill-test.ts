import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { RunStatus } from '../workflows/messages.js';
import { isAlive, killProcess } from '../workers/processes.js';
import { isOurs, type ServerRecord } from '../workers/server-record.js';
import { descendants } from './processes.js';

/**
 * Runs a pipeline once undisturbed and once with SIGKILL at random moments to its processes in turn, running the
 * command again whenever it died, and compares the weights of every model bit for bit.
 *
 *   node --import tsx scripts/kill-test.ts [--pipeline pipelines/smoke.yaml] [--seed 1] [--kills 5]
 */
const { values: options } = parseArgs({
  options: { pipeline: { type: 'string', default: 'pipelines/smoke.yaml' }, seed: { type: 'string', default: '1' }, kills: { type: 'string', default: '5' } },
});

type Victim = 'trainer' | 'worker' | 'server' | 'cli';
const TURNS: readonly Victim[] = ['trainer', 'worker', 'server', 'cli'];

/** A run that hangs after a kill must fail this test, not stop it. */
const LIMIT_MS = 20 * 60_000;

const scratch = await mkdtemp(join(tmpdir(), 'noisy-student-kill-test-'));
const started = Date.now();
let command: Command | undefined;
process.exitCode = 1;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
try {
  await compare();
} catch (error) {
  console.error((error as Error).message);
} finally {
  await cleanUp();
}

async function compare(): Promise<void> {
  const calm = await undisturbed(join(scratch, 'calm'));
  const calmMs = Date.now() - started;
  say(`undisturbed: ${(calmMs / 1000).toFixed(1)} s, last student ${lastWeights(calm)}`);
  const harassed = await disturbed(join(scratch, 'harassed'), Number(options.kills), calmMs);
  say(`killed ${options.kills} times: last student ${lastWeights(harassed)}`);
  const same = weights(calm) === weights(harassed);
  console.log(same ? `same weights of all ${calm.generations.length} models and the baseline` : `DIFFERENT weights:\n${weights(calm)}\n${weights(harassed)}`);
  if (same) process.exitCode = 0;
}

/** Ends what its commands started and their commands left, then removes their homes. */
async function cleanUp(): Promise<void> {
  const below = command?.process.pid === undefined ? [] : descendants(command.process.pid).map(({ pid }) => pid);
  const servers = ['calm', 'harassed'].flatMap((home) => recordedServer(join(scratch, home)) ?? []);
  command?.process.kill('SIGKILL'); // first, or it would start again what ends
  await Promise.all([...below, ...servers].map(killProcess));
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
}

async function undisturbed(home: string): Promise<RunStatus> {
  command = start(home);
  const code = await ended(command);
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}\n${command.log()}`);
  return command.result();
}

/** Each kill comes a random while after work is under way (again), so that together they spread over the run. */
async function disturbed(home: string, kills: number, calmMs: number): Promise<RunStatus> {
  const deadline = Date.now() + LIMIT_MS;
  command = start(home);
  for (let kill = 0; kill < kills; kill++) {
    const victim = TURNS[kill % TURNS.length]!;
    await find('trainer', command, home, deadline);
    await delay(random(kill) * (calmMs / kills) * 0.8);
    const pid = await find(victim, command, home, deadline);
    process.kill(pid, 'SIGKILL');
    say(`SIGKILL to the ${victim} (${pid}) after ${((Date.now() - started) / 1000).toFixed(1)} s, ${progressOf(command)}`);
    // The command outlives the loss of a trainer, a worker or a server; when it is gone, it is run again.
    if (victim !== 'cli') continue;
    await ended(command);
    command = start(home);
  }
  const code = await Promise.race([ended(command), delay(Math.max(0, deadline - Date.now()), 'late' as const, { ref: false })]);
  if (code === 0) return command.result();
  // Every kill is behind it: whatever ended the command now is a fault.
  const what = code === 'late' ? `is still running after ${LIMIT_MS / 60_000} minutes` : `ended with ${code}, though nothing killed it`;
  throw new Error(`the command ${what}\n${command.log()}`);
}

interface Command {
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly result: () => RunStatus;
}

function start(home: string): Command {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'run', options.pipeline, '--home', home, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return { process: child, log: () => stderr.split('\n').slice(-30).join('\n'), result: () => JSON.parse(stdout) as RunStatus };
}

async function ended({ process: child }: Command): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('close', resolve));
  return child.exitCode ?? child.signalCode!;
}

/** Waits until the victim exists: there is no trainer while the pool is being selected. */
async function find(victim: Victim, command: Command, home: string, deadline: number): Promise<number> {
  for (;;) {
    const pid = pidOf(victim, command, home);
    if (pid !== undefined && isAlive(pid)) return pid;
    if (command.process.exitCode !== null)
      throw new Error(`the run ended with ${command.process.exitCode} before its ${victim} could be killed; after a 0 use another --seed\n${command.log()}`);
    if (Date.now() > deadline) throw new Error(`no ${victim} appeared\n${command.log()}`);
    await delay(20);
  }
}

function pidOf(victim: Victim, { process: cli }: Command, home: string): number | undefined {
  if (victim === 'cli') return cli.pid;
  if (victim === 'server') return recordedServer(home);
  const program = { trainer: 'noisy-student device', worker: 'workers/worker' }[victim];
  return descendants(cli.pid!).find(({ command }) => command.includes(program))?.pid;
}

/** Undefined before a server is started and after it has ended. */
function recordedServer(home: string): number | undefined {
  const file = join(home, 'embedded.json');
  const record = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ServerRecord) : undefined;
  return record && isOurs(record, realpathSync(home)) ? record.pid : undefined;
}

function progressOf(command: Command): string {
  const last = command
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .at(-1);
  return last ?? 'before the first progress';
}

function weights({ generations, baseline }: RunStatus): string {
  return [...generations, ...(baseline ? [baseline] : [])].map((row) => row.weights.sha256).join('\n');
}

function lastWeights({ generations }: RunStatus): string {
  return generations.at(-1)!.weights.sha256;
}

/** In [0, 1), the same for the same seed. */
function random(index: number): number {
  return createHash('sha256').update(`${options.seed}/${index}`).digest().readUInt32BE() / 2 ** 32;
}

function say(line: string): void {
  console.error(line);
}
