import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isAlive } from '../workers/processes.js';
import { artifactsOf, differences, orphans, strayFiles } from './chaos/compare.js';
import { FAULTS, type Fault } from './chaos/faults.js';
import { Ended, recordedServer, runRound, type Outcome } from './chaos/round.js';

/**
 * Runs a pipeline once undisturbed, and then again and again with something bad at a random moment: a signal to one of its processes, a torn
 * checkpoint, a full disk, a store that fails, a clock that jumps. Each must end with the same bytes in every artifact, and leave no
 * process and no file behind. Every fault has its turn, in an order that the seed decides.
 *
 *   npm run chaos -- [--rounds 40] [--seed 1] [--fault PART-OF-A-NAME] [--pipeline pipelines/smoke.yaml]
 *
 * Prints a table fault × rounds × time until the next new step. Takes about a minute a round on 2 cores.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', default: '' },
    pipeline: { type: 'string', default: 'pipelines/smoke.yaml' },
  },
});

/** A run that hangs after a fault must fail, not stop this. */
const LIMIT_MS = 15 * 60_000;

interface Result extends Partial<Outcome> {
  readonly fault: string;
  readonly faults: readonly string[];
}

const scratch = await mkdtemp(join(tmpdir(), 'noisy-student-chaos-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
try {
  process.exitCode = (await chaos()) ? 0 : 1;
} finally {
  await cleanUp();
}

async function chaos(): Promise<boolean> {
  const faults = FAULTS.filter(({ name }) => name.includes(options.fault)).filter((fault) => {
    const missing = fault.missing?.();
    if (missing !== undefined) console.error(`NOT TRIED: ${fault.name}: ${missing}`);
    return missing === undefined;
  });
  if (faults.length === 0)
    throw new Error(`no fault has ${JSON.stringify(options.fault)} in its name; there are:\n${FAULTS.map(({ name }) => name).join('\n')}`);
  const started = performance.now();
  const calmHome = join(scratch, 'calm');
  await runRound(roundOptions(calmHome, 0, 0, {}), async () => undefined);
  const calmMs = performance.now() - started;
  const calm = await artifactsOf({ home: calmHome });
  console.error(`undisturbed: ${(calmMs / 1000).toFixed(1)} s, ${calm.size} artifacts`);

  const results: Result[] = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    const result = await disturbed(turn(faults, round), round, calmMs, calm);
    results.push(result);
    const { recoveryMs } = result;
    console.error(
      `round ${round}: ${result.fault}: ${result.faults.length === 0 ? 'the same bytes' : 'FAILED'}${recoveryMs === undefined ? '' : `, next new step after ${(recoveryMs / 1000).toFixed(1)} s`}`,
    );
    for (const fault of result.faults) console.error(`  ${fault}`);
  }
  printTable(results);
  return results.every(({ faults: found }) => found.length === 0);
}

/** Every fault once, in a shuffled order, before any comes again. */
function turn(faults: readonly Fault[], round: number): Fault {
  const pass = Math.floor((round - 1) / faults.length);
  const order = [...faults].sort((a, b) => random(`order ${pass} ${a.name}`) - random(`order ${pass} ${b.name}`));
  return order[(round - 1) % faults.length]!;
}

async function disturbed(fault: Fault, round: number, calmMs: number, calm: ReadonlyMap<string, string>): Promise<Result> {
  const found: string[] = [];
  let outcome: Outcome | undefined;
  for (let attempt = 0; outcome === undefined && found.length === 0; attempt++) {
    const folder = join(scratch, `round-${round}-${attempt}`);
    const home = join(folder, 'home');
    const { random: draw } = roundOptions(home, round, attempt, {});
    const prepared = (await fault.prepare?.(home, draw)) ?? {};
    try {
      outcome = await runRound({ ...roundOptions(home, round, attempt, prepared.environment ?? {}), calmMs }, (scene) => fault.happen(scene, prepared));
      found.push(
        ...differences(calm, await artifactsOf({ home, bucket: prepared.bucket })),
        ...(await strayFiles(home, join(folder, 'temporary'))).map((file) => `left behind: ${file}`),
      );
    } catch (error) {
      if (!(error instanceof Ended) || attempt === 5) found.push((error as Error).message);
    } finally {
      await endServer(home);
      found.push(...(await lastOrphans(folder)).map((left) => `still runs: ${left}`));
      await prepared.undo?.();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return { fault: fault.name, faults: found, ...outcome };
}

function roundOptions(home: string, round: number, attempt: number, environment: NodeJS.ProcessEnv) {
  return {
    pipeline: options.pipeline,
    home,
    temporary: join(home, '..', 'temporary'),
    environment: { ...process.env, NOISY_STUDENT_HOME: undefined, TEMPORAL_ADDRESS: undefined, ...environment },
    calmMs: 0,
    limitMs: LIMIT_MS,
    random: (purpose: string) => random(`${round} ${attempt} ${purpose}`),
  };
}

/** Processes may take a moment to go after the command has ended; a worker that was frozen and replaced, too. */
async function lastOrphans(folder: string): Promise<readonly string[]> {
  for (let look = 0; ; look++) {
    const left = orphans(folder);
    if (left.length === 0 || look === 100) return left;
    await delay(100);
  }
}

/** A server whose command was killed stays for a while, for the next command. */
async function endServer(home: string): Promise<void> {
  const pid = recordedServer(home);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** Ends what its commands started and their commands left, then removes their homes. */
async function cleanUp(): Promise<void> {
  for (const left of orphans(scratch)) process.kill(Number(left.split(' ')[0]), 'SIGKILL');
  await lastOrphans(scratch);
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
}

function printTable(results: readonly Result[]): void {
  const seconds = (values: readonly number[]) =>
    values.length === 0 ? '–' : `${(values[Math.floor(values.length / 2)]! / 1000).toFixed(1)} … ${(values.at(-1)! / 1000).toFixed(1)}`;
  console.log(
    '| fault | rounds | same bytes | seconds to the next new step: median … most | most steps beyond a checkpoint |\n| --- | --- | --- | --- | --- |',
  );
  for (const name of new Set(results.map(({ fault }) => fault))) {
    const own = results.filter(({ fault }) => fault === name);
    const recoveries = own.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b);
    const lost = own.flatMap(({ lostSteps }) => lostSteps ?? []);
    console.log(
      `| ${name} | ${own.length} | ${own.filter(({ faults }) => faults.length === 0).length} | ${seconds(recoveries)} | ${lost.length === 0 ? '–' : Math.max(...lost)} |`,
    );
  }
  console.log(`${results.filter(({ faults }) => faults.length === 0).length} of ${results.length} rounds ended with the bytes of the undisturbed run`);
}

/** In [0, 1), the same for the same seed. */
function random(purpose: string): number {
  return createHash('sha256').update(`${options.seed}/${purpose}`).digest().readUInt32BE() / 2 ** 32;
}
