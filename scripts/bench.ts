import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { startAgainWith } from './bench/environment.js';
import { measure, print, type Contest } from './bench/measure.js';
import { clearUpOnSignals } from './bench/scratch.js';

/**
 * Times work side by side on one machine: alternating rounds, medians, and their ratio. A ratio above 1 says how many times
 * faster the first is. See docs/performance.md; scripts/bench-peers.ts is the same against other programs.
 *
 *   npm run bench -- [--only step,label,…] [--rounds 5] [--json]
 *
 * | subject | what is timed | against |
 * | --- | --- | --- |
 * | `step` | a training step, compiled | the same, eager |
 * | `label` | labels of a frozen model | the same, eager |
 * | `loader` | drawing a training's batches by 1 and 2 threads | the caller's own thread |
 * | `store` | publishing and opening an artifact of 100 MB | copying the files, and SHA-256 |
 * | `startup` | `validate` as a fresh process; a device process up to its first step | `node -e 0`; loading TensorFlow alone |
 * | `selection` | a selection from made-up labels; prints its peak of memory | a bare scan of the labels |
 * | `orchestration` | a pipeline through Temporal | the same phases in a plain loop |
 *
 * Without --only all but the last two, which take minutes a round. They take further options:
 *
 *   npm run bench -- --only selection [--images 1000000] [--classes 100] [--per-class 5000] [--shards 4] [--balance duplicate]
 *   npm run bench -- --only orchestration --rounds 1 [--pipeline pipelines/fashion-mnist.yaml]
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'step,label,loader,store,startup' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    images: { type: 'string', default: '1000000' },
    classes: { type: 'string', default: '100' },
    'per-class': { type: 'string', default: '5000' },
    shards: { type: 'string', default: '4' },
    balance: { type: 'string', default: 'duplicate' },
    pipeline: { type: 'string', default: 'pipelines/fashion-mnist.yaml' },
  },
});

await startAgainWith(tensorFlowEnvironment({ interOp: availableParallelism() }));
clearUpOnSignals();

const SUBJECTS: Readonly<Record<string, () => Promise<Iterable<Contest> | AsyncIterable<Contest>>>> = {
  step: async () => (await import('./bench/step.js')).compiledAgainstEager(),
  label: async () => (await import('./bench/label.js')).frozenAgainstEager(),
  loader: async () => (await import('./bench/loader.js')).threadsAgainstNone(),
  store: async () => (await import('./bench/store.js')).storeAgainstPlainFiles(),
  startup: async () => (await import('./bench/startup.js')).startsAgainstBareOnes(),
  selection: async () => (await import('./bench/selection.js')).selectionAgainstScan(selectionSize()),
  orchestration: async () => (await import('./bench/orchestration.js')).temporalAgainstLoop(resolve(options.pipeline)),
};

await print(measure(contests(), Number(options.rounds)), options.json);

async function* contests(): AsyncGenerator<Contest> {
  for (const name of options.only.split(',')) {
    const subject = SUBJECTS[name];
    if (!subject) throw new Error(`--only ${name} is not one of ${Object.keys(SUBJECTS).join(', ')}`);
    yield* await subject();
  }
}

function selectionSize() {
  const { images, classes, 'per-class': perClass, shards, balance } = options;
  return { images: Number(images), classes: Number(classes), perClass: Number(perClass), shards: Number(shards), balance };
}
