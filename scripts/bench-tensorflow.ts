import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { B0_LABELS, T1_LABELS } from './bench/label.js';
import { measure, print, type Contest } from './bench/measure.js';
import { B0_STEPS, T1_STEP } from './bench/step.js';
import { placeVersion, startVersion, type Placed, type TensorFlowVersion, type Work } from './bench/tensorflow-version.js';

/**
 * Times a training step and labels with the pinned libtensorflow and the default threads against other versions and other threads
 * (within an operation / beside it), each in a process of its own and in turn. A ratio above 1 says how many times faster the
 * default is. The first call downloads and compiles each version, into bench-tensorflow/ of the cache.
 *
 *   npm run bench:tensorflow -- [--versions 2.15.1,2.21.0] [--threads 1/2,2/1] [--only step,label] [--rounds 5] [--json]
 */
const { values: options } = parseArgs({
  options: {
    versions: { type: 'string', default: '2.15.1,2.21.0' },
    threads: { type: 'string', default: '' },
    only: { type: 'string', default: 'step,label' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

const WORKS: Readonly<Record<string, readonly Work[]>> = {
  step: [...B0_STEPS, T1_STEP].map((size) => ({ kind: 'step', size })),
  label: [...B0_LABELS, T1_LABELS].map((size) => ({ kind: 'label', size })),
};

const works = options.only.split(',').flatMap((name) => {
  if (!WORKS[name]) throw new Error(`--only ${name} is not one of ${Object.keys(WORKS).join(', ')}`);
  return WORKS[name];
});
const pinned = placeVersion('pinned');
const listed = (names: string) => names.split(',').filter((name) => name !== '');
const sides: Side[] = [
  { name: `${pinned.version} at the default`, placed: pinned, environment: tensorFlowEnvironment({ interOp: availableParallelism() }) },
  ...listed(options.versions).map((version) => ({
    name: `libtensorflow ${version}`,
    placed: placeVersion(version),
    environment: tensorFlowEnvironment({ interOp: availableParallelism() }),
  })),
  ...listed(options.threads).map((threads) => {
    const [intraOp, interOp] = threads.split('/').map(Number) as [number, number];
    return { name: `threads ${threads}`, placed: pinned, environment: tensorFlowEnvironment({ intraOp, interOp }) };
  }),
];

/** A version of libtensorflow and the environment of its process. */
interface Side {
  readonly name: string;
  readonly placed: Placed;
  readonly environment: Readonly<Record<string, string>>;
}

const started: TensorFlowVersion[] = [];
try {
  for (const { placed, environment } of sides) started.push(await startVersion(placed, environment));
  await print(measure(contests(started), Number(options.rounds)), options.json);
} finally {
  for (const version of started) version.end();
}

/** Built one after the other, each when its turn comes: a process that waits takes no time from the others. */
async function* contests(versions: readonly TensorFlowVersion[]): AsyncGenerator<Contest> {
  const [own, ...rivals] = versions as [TensorFlowVersion, ...TensorFlowVersion[]];
  for (const work of works) {
    const name = await own.start(work);
    for (const rival of rivals) await rival.start(work);
    yield {
      work: name,
      run: () => own.run(),
      rivals: rivals.map((rival, i) => ({ name: sides[i + 1]!.name, run: () => rival.run() })),
      async close() {
        for (const version of versions) await version.close();
      },
    };
  }
}
