import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { tensorFlowEnvironment } from '../lib/tensor/runtime.js';

/**
 * Times work side by side in one process: alternating rounds, medians, and their ratio. A ratio above 1 says how many times
 * faster the first is.
 *
 *   npm run bench -- [--only step|label] [--rounds 5] [--json]
 */
const { values: options } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});

/** One comparison; both sides do the same work, and `close` lets go of what they hold. */
export interface Comparison {
  readonly work: string;
  readonly against: string;
  run(): void | Promise<void>;
  runAgainst(): void | Promise<void>;
  close(): void;
}

interface Row {
  readonly work: string;
  readonly against: string;
  /** How many times faster `work` is than `against`. */
  readonly ratio: number;
  readonly medianMs: number;
  readonly againstMs: number;
  readonly rounds: number;
}

Object.assign(process.env, { ...tensorFlowEnvironment({ interOp: cpus().length }), ...process.env }); // read when TensorFlow is first used, below

const SUBJECTS = {
  step: async () => (await import('./bench/step.js')).stepComparisons(),
  label: async () => (await import('./bench/label.js')).labelComparisons(),
} satisfies Record<string, () => Promise<Iterable<Comparison>>>;

const chosen = options.only === undefined ? Object.keys(SUBJECTS) : [options.only];
const rows: Row[] = [];
for (const name of chosen) {
  const subject = (SUBJECTS as Partial<typeof SUBJECTS>)[name as keyof typeof SUBJECTS];
  if (!subject) throw new Error(`--only ${name} is not one of ${Object.keys(SUBJECTS).join(', ')}`);
  for (const comparison of await subject()) {
    const row = await measure(comparison, Number(options.rounds));
    rows.push(row);
    if (!options.json) console.log(line(row));
  }
}
const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
console.log(options.json ? JSON.stringify({ machine, rows }, null, 2) : `${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);

/** The first round of each side warms up and is not counted. */
async function measure({ work, against, run, runAgainst, close }: Comparison, rounds: number): Promise<Row> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [side, work] of [run, runAgainst].entries()) {
      const start = performance.now();
      await work();
      if (round > 0) times[side]!.push(performance.now() - start);
    }
  }
  close();
  const [medianMs, againstMs] = [median(times[0]), median(times[1])];
  return { work, against, ratio: againstMs / medianMs, medianMs, againstMs, rounds };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function line({ work, against, ratio, medianMs, againstMs }: Row): string {
  return `${work.padEnd(44)} ${medianMs.toFixed(1).padStart(8)} ms   ${against.padEnd(24)} ${againstMs.toFixed(1).padStart(8)} ms   ${ratio.toFixed(2)} x`;
}
