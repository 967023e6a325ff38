/**
 * Trains the default student (efficientnet_t1, 28 x 28 x 1, 32 + 128 images a step, every noise on, one thread that draws and saves) for
 * 10,000 steps on made-up images and watches what it holds; then kills device processes at various moments and looks for
 * what they left. Fails if the number of tensors moves, if resident memory grows by more than 5 % after the warm-up, or if a file
 * or a process stays behind.
 *
 * Run: npm run soak -- [steps]          Takes about 8 minutes on 2 cores.
 */
import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevice } from '../lib/device/process.js';
import type { TrainJob } from '../lib/device/messages.js';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { tensorCount } from '../lib/training/checks.js';
import { train } from '../lib/training/loop.js';
import { FACTS, hooksStopping, tinyFolder, tinyJob } from '../test/training/tiny.js';
import { startAgainWith } from './bench/environment.js';

const WINDOW = 500; // steps per line
const WARM_UP = 1000; // steps: allocators and the garbage collector have seen their tides by then
const GROWTH = 0.05;
/** Milliseconds after the start at which a process is killed: while it loads, records, trains and saves. */
const KILLS = [300, 1_000, 1_800, 2_500, 3_200, 4_000, 6_000];

const steps = Number(process.argv[2] ?? 10_000);
if (!(steps >= WARM_UP + WINDOW)) throw new Error(`${process.argv[2]} steps show nothing: at least ${WARM_UP + WINDOW} are needed`);
await startAgainWith(tensorFlowEnvironment({ interOp: availableParallelism() }));

const temporary = mkdtempSync(join(tmpdir(), 'soak-'));
process.env['TMPDIR'] = temporary; // whatever goes to a temporary folder from here on is seen
const folder = await tinyFolder({ size: 28, classes: 10, labelled: 500, pool: 5000 });
try {
  const faults = [...(await watchTraining(await jobOf('soak', steps))), ...(await killDevices())];
  for (const fault of faults) console.error(`soak failed: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await rm(temporary, { recursive: true });
}

function jobOf(run: string, count: number): Promise<TrainJob> {
  return tinyJob(folder, run, { steps: count, batch: 32, unlabelledRatio: 4, checkpointEvery: 100, logEvery: 50 });
}

async function watchTraining(job: TrainJob): Promise<string[]> {
  const windows: { step: number; rssMb: number }[] = [];
  const tensors = new Set<number>();
  let lowest = Infinity;
  const onProgress = ({ step, imagesPerSecond }: { step: number; imagesPerSecond?: number }) => {
    tensors.add(tensorCount());
    lowest = Math.min(lowest, process.memoryUsage().rss / 2 ** 20); // the floor of a window: what the collector cannot free
    if (step % WINDOW !== 0) return;
    windows.push({ step, rssMb: lowest });
    console.log(`step ${step}  tensors ${tensorCount()}  RSS ${Math.round(lowest)} MiB  ${imagesPerSecond} images/s`);
    lowest = Infinity;
  };
  const outcome = await train(job, { ...hooksStopping(), onProgress }, { ...FACTS, loaderThreads: 1 });
  console.log(outcome.type === 'done' ? outcome.meta : outcome);

  const highest = (chosen: (step: number) => boolean) => Math.max(...windows.filter(({ step }) => chosen(step)).map(({ rssMb }) => rssMb));
  const growth = highest((step) => step > WARM_UP) / highest((step) => step <= WARM_UP) - 1;
  console.log(`tensors ${[...tensors].join(', ')} · RSS grew by ${(100 * growth).toFixed(1)} % after step ${WARM_UP}`);
  return [
    ...(tensors.size > 1 ? [`the number of tensors is not constant: ${[...tensors].join(', ')}`] : []),
    ...(growth <= GROWTH ? [] : [`memory grew by more than ${100 * GROWTH} %`]),
    ...leftIn(temporary),
  ];
}

/** Each is killed while it trains; the next attempt clears away what lies in the job's own folders. */
async function killDevices(): Promise<string[]> {
  const environment = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const job = await jobOf('killed', 1_000_000);
  const device = createDevice({ node: process.execPath, environment, processor: 'soak', stallMs: 60_000, killAfterMs: 60_000, log: () => undefined });
  const alive: number[] = [];
  for (const ms of KILLS) {
    const running = device.run(job).then(
      () => 'done',
      ({ code }: { code: string }) => code,
    );
    await new Promise((resolve) => setTimeout(resolve, ms)); // the moment is what is varied
    const { pid } = device;
    process.kill(pid!, 'SIGKILL');
    console.log(`killed after ${ms} ms: ${await running}`);
    if (isAlive(pid!)) alive.push(pid!);
  }
  await device.close();
  return [...alive.map((pid) => `process ${pid} is still there`), ...leftIn(temporary)];
}

/** tsx keeps one folder of its own there, for all processes of a user. */
function leftIn(place: string): string[] {
  const left = readdirSync(place).filter((name) => join(place, name) !== folder && name !== `tsx-${process.getuid?.()}`);
  return left.map((name) => `${name} was left in the temporary folder`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
