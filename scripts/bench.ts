import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';
import { measure, print, type Contest } from './bench/measure.js';

/**
 * Times work side by side in one process: alternating rounds, medians, and their ratio. A ratio above 1 says how many times
 * faster the first is. See docs/performance.md; scripts/bench-peers.ts is the same against other programs.
 *
 *   npm run bench -- [--only step|label] [--rounds 5] [--json]
 */
const { values: options } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});

Object.assign(process.env, { ...tensorFlowEnvironment({ interOp: availableParallelism() }), ...process.env }); // read when TensorFlow is first used, below

const SUBJECTS: Readonly<Record<string, () => Promise<Iterable<Contest> | AsyncIterable<Contest>>>> = {
  step: async () => (await import('./bench/step.js')).compiledAgainstEager(),
  label: async () => (await import('./bench/label.js')).frozenAgainstEager(),
};

async function* contests(): AsyncGenerator<Contest> {
  for (const name of options.only?.split(',') ?? Object.keys(SUBJECTS)) {
    const subject = SUBJECTS[name];
    if (!subject) throw new Error(`--only ${name} is not one of ${Object.keys(SUBJECTS).join(', ')}`);
    yield* await subject();
  }
}

await print(measure(contests(), Number(options.rounds)), options.json);
