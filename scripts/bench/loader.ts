import { openDrawer } from '../../lib/training/draw.js';
import { openLoader, type Loader } from '../../lib/training/loader.js';
import { openThreads } from '../../lib/training/threads.js';
import type { TrainJob } from '../../lib/device/messages.js';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import type { Contest } from './measure.js';
import { temporaryFolder } from './scratch.js';
import { b0Student, defaultStudent } from './students.js';
import { madeUpTraining, type DataSize } from './training-data.js';

interface LoaderSize extends DataSize {
  readonly student: GenerationSpec;
}

/** `steps` are those of a round. */
const SIZES: readonly LoaderSize[] = [
  { size: 28, channels: 1, labelled: 500, pool: 5_000, student: defaultStudent({ steps: 40 }) },
  { size: 224, channels: 3, labelled: 100, pool: 400, student: b0Student(224, { steps: 12, batch: 8, unlabelledRatio: 3 }) },
];

/** The steps of a training drawn ahead by threads, and taken one after another, against drawing each when it is taken. */
export async function* threadsAgainstNone(): AsyncIterable<Contest> {
  for (const size of SIZES) {
    const job = await madeUpTraining(temporaryFolder(), size, size.student);
    for (const threads of [1, 2]) yield await contest(job, size, threads);
  }
}

async function contest(job: TrainJob, { size, channels }: DataSize, threads: number): Promise<Contest> {
  const [drawer, own] = [await openDrawer(job), await openDrawer(job)];
  const { steps } = job.generation.training;
  const beside = openThreads(job, threads)!;
  const [ahead, alone] = [openLoader(drawer, beside, optionsOf(steps)), openLoader(own, null, optionsOf(steps))];
  return {
    work: `${drawer.images} x ${size} px x ${channels} drawn by ${threads === 1 ? '1 thread' : `${threads} threads`} (x ${steps})`,
    run: () => takeAll(ahead, steps),
    rivals: [{ name: "by the caller's own thread", run: () => takeAll(alone, steps) }],
    async close() {
      ahead.close();
      for (const opened of [beside, drawer, own]) await opened.close();
    },
  };
}

/** Nothing is drawn ahead beyond the last step: no round leaves work to the next one, and none begins with a lead. */
async function takeAll(loader: Loader, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await loader.draw(step);
}

/** As a training opens it. A thread that fails would leave its work to the caller's own. */
function optionsOf(steps: number): Parameters<typeof openLoader>[2] {
  return {
    steps,
    aheadBytes: 64 * 2 ** 20,
    warn(message) {
      throw new Error(message);
    },
  };
}
