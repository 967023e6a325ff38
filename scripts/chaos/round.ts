import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../workers/processes.js';
import { isOurs, type ServerRecord } from '../../workers/server-record.js';
import { descendants } from '../processes.js';
import { startCommand, type Command, type ProgressLine } from './command.js';

export type Victim = 'trainer' | 'worker' | 'server' | 'command';

/** One run of a pipeline, in a home of its own, and what may be done to it. */
export interface Round {
  /** Its home; the store is in `store`. */
  readonly home: string;
  /** For temporary files of all its processes. */
  readonly temporary: string;
  /** Uniform in [0, 1): the same for the same seed, round and purpose. */
  random(purpose: string): number;
  /** Waits until that process runs, and returns its id. */
  find(victim: Victim): Promise<number>;
  /** A random while, while something is computed. */
  moment(): Promise<void>;
  /** Now it happens: the time until the next new step is counted from here. */
  begins(): void;
  /** Waits for a line of progress. */
  until(what: string, isIt: (line: ProgressLine) => boolean): Promise<ProgressLine>;
  /** Starts the command again, once it has ended. */
  again(): Promise<void>;
  /** Another command of the project with the same home, to its end. */
  tell(...args: readonly string[]): Promise<void>;
}

export interface RoundOptions {
  readonly pipeline: string;
  readonly home: string;
  readonly temporary: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds that an undisturbed run takes. */
  readonly calmMs: number;
  readonly limitMs: number;
  random(purpose: string): number;
}

export interface Outcome {
  /** What `run --json` printed. */
  readonly stdout: string;
  /** Milliseconds from the disturbance to the first step that was not seen before; undefined where none came after. */
  readonly recoveryMs?: number | undefined;
  /** Steps that a training had shown beyond its newest checkpoint; undefined where none was under way. */
  readonly lostSteps?: number | undefined;
}

/** Runs the pipeline to its end, disturbed once by `disturb`. Throws if it does not end well. */
export async function runRound(options: RoundOptions, disturb: (round: Round) => Promise<void>): Promise<Outcome> {
  const { pipeline, home, temporary, environment, calmMs, limitMs, random } = options;
  const deadline = performance.now() + limitMs;
  const late = (what: string) => {
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${limitMs / 60_000} minutes\n${command.log()}`);
  };
  const listeners = new Set<(line: ProgressLine) => void>();
  const steps = stepWatcher();
  const onLine = (line: ProgressLine): void => {
    steps.see(line);
    for (const listen of listeners) listen(line);
  };
  await mkdir(temporary, { recursive: true });
  const env = { ...environment, TMPDIR: temporary };
  const start = (...args: readonly string[]): Command => startCommand([...args, '--home', home], env, onLine);
  const run = (): Command => start('run', pipeline, '--json', '--report-every', '0.2');
  let command = run();

  async function find(victim: Victim): Promise<number> {
    for (;;) {
      const pid = pidOf(victim, command, home);
      if (pid !== undefined && isAlive(pid)) return pid;
      if (command.process.exitCode !== null) throw new Ended(`the run ended before its ${victim} could be disturbed`);
      late(`a ${victim}`);
      await delay(10);
    }
  }
  const round: Round = {
    home,
    temporary,
    random,
    find,
    async moment() {
      await find('trainer');
      await delay(random('moment') * calmMs * 0.7);
      await find('trainer');
    },
    begins: () => steps.disturbed(newestStep(join(home, 'store', 'checkpoints'))),
    async until(what, isIt) {
      let found: ProgressLine | undefined;
      const listen = (line: ProgressLine): void => void (isIt(line) && (found = line));
      listeners.add(listen);
      while (!found) {
        if (command.process.exitCode !== null) throw new Ended(`the run ended before ${what}`);
        late(what);
        await delay(10);
      }
      listeners.delete(listen);
      return found;
    },
    async again() {
      await command.ended;
      command = run();
    },
    async tell(...args) {
      const told = startCommand([...args, '--home', home], env, () => undefined);
      const code = await told.ended;
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}\n${told.log()}`);
    },
  };
  try {
    await disturb(round);
    const code = await Promise.race([command.ended, delay(Math.max(0, deadline - performance.now()), 'no end in time', { ref: false })]);
    if (code !== 0) throw new Error(`the command ended with ${code}, though nothing disturbed it any more\n${command.log()}`);
    return { stdout: command.stdout(), ...steps.result() };
  } catch (error) {
    const below = command.process.pid === undefined ? [] : descendants(command.process.pid).map(({ pid }) => pid);
    for (const pid of [command.process.pid!, ...below]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    throw error;
  }
}

/** The run was over before it could be disturbed: nothing was shown, and the round is done again at another moment. */
export class Ended extends Error {}

function pidOf(victim: Victim, { process: cli }: Command, home: string): number | undefined {
  if (victim === 'command') return cli.pid;
  if (victim === 'server') return recordedServer(home);
  const program = { trainer: 'noisy-student device', worker: 'workers/worker' }[victim];
  return descendants(cli.pid!).find(({ command }) => command.includes(program))?.pid;
}

/** Undefined before a server is started and after it has ended. */
export function recordedServer(home: string): number | undefined {
  const file = join(home, 'embedded.json');
  const record = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ServerRecord) : undefined;
  return record && isOurs(record, realpathSync(home)) ? record.pid : undefined;
}

/** Of the training under way; undefined where there is none, or no checkpoint yet. */
function newestStep(checkpoints: string): number | undefined {
  if (!existsSync(checkpoints)) return undefined;
  const names = readdirSync(checkpoints).flatMap((key) => readdirSync(join(checkpoints, key)));
  const steps = names.flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return steps.length === 0 ? undefined : Math.max(...steps);
}

/** Follows the steps of the trainings, before and after the disturbance. */
function stepWatcher() {
  const furthest = new Map<string, number>();
  let last: { training: string; step: number } | undefined;
  let [at, recoveryMs, lostSteps] = [Infinity, undefined as number | undefined, undefined as number | undefined];
  return {
    see({ generation, phase, step }: ProgressLine): void {
      if (step === undefined || phase !== 'train') return;
      const training = String(generation);
      const isNew = step > (furthest.get(training) ?? 0);
      if (at !== Infinity && isNew) recoveryMs ??= performance.now() - at;
      if (isNew) furthest.set(training, step);
      last = { training, step };
    },
    disturbed(checkpoint: number | undefined): void {
      at = performance.now();
      if (last && checkpoint !== undefined) lostSteps = Math.max(0, last.step - checkpoint);
    },
    result: () => ({ recoveryMs, lostSteps }),
  };
}
