/**
 * Trains the default student (efficientnet_t1, 28 x 28 x 1, 32 + 128 images a step, every noise on) for 2,000 steps on made-up images
 * and watches what it holds. Fails if the number of tensors moves, or if resident memory grows by more than 5 % after the warm-up.
 *
 * Run: npx tsx scripts/soak.ts [steps]          Takes about 5 minutes on 2 cores.
 */
import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { tensorCount } from '../lib/training/checks.js';
import { train } from '../lib/training/loop.js';
import { FACTS, hooksStopping, tinyFolder, tinyJob } from '../test/training/tiny.js';

const WINDOW = 100; // steps per line
const WARM_UP = 500; // steps: allocators and the garbage collector have seen their tides by then
const GROWTH = 0.05;

const steps = Number(process.argv[2] ?? 2000);
if (!(steps >= WARM_UP + WINDOW)) throw new Error(`${process.argv[2]} steps show nothing: at least ${WARM_UP + WINDOW} are needed`);
Object.assign(process.env, tensorFlowEnvironment({ interOp: cpus().length })); // read when TensorFlow is first used, below

const folder = await tinyFolder({ size: 28, classes: 10, labelled: 500, pool: 5000 });
try {
  const job = await tinyJob(folder, 'soak', { steps, batch: 32, unlabelledRatio: 4, checkpointEvery: 100, logEvery: 50 });
  const windows: { step: number; tensors: number; rssMb: number }[] = [];
  const tensors = new Set<number>();
  let lowest = Infinity;
  const onProgress = ({ step, imagesPerSecond }: { step: number; imagesPerSecond?: number }) => {
    tensors.add(tensorCount());
    lowest = Math.min(lowest, process.memoryUsage().rss / 2 ** 20); // the floor of a window: what the collector cannot free
    if (step % WINDOW !== 0) return;
    windows.push({ step, tensors: tensorCount(), rssMb: lowest });
    console.log(`step ${step}  tensors ${tensorCount()}  RSS ${Math.round(lowest)} MiB  ${imagesPerSecond} images/s`);
    lowest = Infinity;
  };
  const outcome = await train(job, { ...hooksStopping(), onProgress }, FACTS);
  console.log(outcome.type === 'done' ? outcome.meta : outcome);

  const highest = (chosen: (step: number) => boolean) => Math.max(...windows.filter(({ step }) => chosen(step)).map(({ rssMb }) => rssMb));
  const growth = highest((step) => step > WARM_UP) / highest((step) => step <= WARM_UP) - 1;
  console.log(`tensors ${[...tensors].join(', ')} · RSS grew by ${(100 * growth).toFixed(1)} % after step ${WARM_UP}`);
  if (tensors.size > 1 || !(growth <= GROWTH)) {
    console.error(`soak failed: a constant number of tensors and at most ${100 * GROWTH} % growth are allowed`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
