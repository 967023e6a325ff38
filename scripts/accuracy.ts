import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import type { GenerationStatus, RunStatus } from '../workflows/messages.js';

/**
 * Runs the default pipeline for several seeds (another split and other weights each), and the oracle: the last
 * student's network on the true labels of nearly the whole training set. Prints paired gains with 95 % confidence
 * intervals and checks them against the gates. Interrupted, it goes on where it was.
 *
 *   node --import tsx scripts/accuracy.ts --seeds 3 [--first 1] [--home .noisy-student/accuracy]
 */
const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    first: { type: 'string', default: '1' },
    pipeline: { type: 'string', default: 'pipelines/fashion-mnist.yaml' },
    home: { type: 'string', default: '.noisy-student/accuracy' },
  },
});

interface Arms {
  readonly seed: number;
  /** Test top-1 in per cent. */
  readonly teacher: number;
  readonly students: readonly number[];
  readonly baseline: number;
  readonly oracle: number;
}

/** Two-sided 95 % quantiles of Student's t for 1…9 degrees of freedom; beyond, the normal's is close enough. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

const home = resolve(options.home);
await mkdir(home, { recursive: true });
const results: Arms[] = [];
for (let i = 0; i < Number(options.seeds); i++) {
  const seed = Number(options.first) + i;
  results.push(await runArms(seed));
  printRow(results.at(-1)!);
}
process.exit(printVerdict(results) ? 0 : 1);

async function runArms(seed: number): Promise<Arms> {
  const main = await run(await variant(`seed-${seed}`, { seed }));
  const oracle = await run(await variant(`oracle-${seed}`, await oracleOf(seed)));
  if (!main.baseline) throw new Error(`${options.pipeline} has no baseline: set baseline: same-compute`);
  return {
    seed,
    teacher: top1(main.generations[0]!),
    students: main.generations.slice(1).map(top1),
    baseline: top1(main.baseline),
    oracle: top1(oracle.generations[0]!),
  };
}

/**
 * The last student's network as a teacher on 5,799 of the 5,800 images per class that validation leaves, with the same
 * noise, steps and images per step as the baseline. A pipeline needs a pool and a student: ten images and one step.
 */
async function oracleOf(seed: number): Promise<Record<string, unknown>> {
  const { data, students, training } = parseDocument(await readFile(options.pipeline, 'utf8')).toJS() as Pipeline;
  const student = students.at(-1)!;
  const own = { ...training, ...student.training };
  return {
    seed,
    data: { ...data, labelled: { ...data.labelled, perClass: 5799 } },
    teacher: { model: student.model, training: { steps: own.steps, batch: Math.round(own.batch * (1 + own.unlabelledRatio)) } },
    students: [{ model: student.model, training: { steps: 1, schedule: { ...training.schedule, warmupSteps: 0 } } }],
    baseline: 'none',
  };
}

interface TrainingBlock {
  readonly steps: number;
  readonly batch: number;
  readonly unlabelledRatio: number;
  readonly schedule: object;
}

interface Pipeline {
  readonly data: Record<string, unknown> & { readonly labelled: object };
  readonly students: readonly { readonly model: string; readonly training?: Partial<TrainingBlock> }[];
  readonly training: TrainingBlock;
}

/** The pipeline with some blocks replaced, as a file of its own. */
async function variant(name: string, changes: Record<string, unknown>): Promise<string> {
  const document = parseDocument(await readFile(options.pipeline, 'utf8'));
  for (const [key, value] of Object.entries({ name, ...changes })) document.set(key, value);
  const file = join(home, `${name}.yaml`);
  await writeFile(file, document.toString());
  return file;
}

async function run(file: string): Promise<RunStatus> {
  console.error(`${new Date().toISOString()} ${file}`);
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'run', file, '--home', home, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}; see ${join(home, 'logs')}`);
  return JSON.parse(stdout) as RunStatus;
}

function printRow({ seed, teacher, students, baseline, oracle }: Arms): void {
  console.log(
    `seed ${seed}: teacher ${teacher.toFixed(2)}, students ${students.map((s) => s.toFixed(2)).join(' ')}, baseline ${baseline.toFixed(2)}, oracle ${oracle.toFixed(2)}`,
  );
}

function printVerdict(arms: readonly Arms[]): boolean {
  const last = (a: Arms): number => a.students.at(-1)!;
  const gain = printPaired(
    'last student − baseline',
    arms.map((a) => last(a) - a.baseline),
  );
  printPaired(
    'first student − baseline',
    arms.map((a) => a.students[0]! - a.baseline),
  );
  printPaired(
    'last student − teacher',
    arms.map((a) => last(a) - a.teacher),
  );
  printPaired(
    'oracle − baseline',
    arms.map((a) => a.oracle - a.baseline),
  );
  // Sources of the figures: mean − 2 sd of five seeds of the same recipe, rounded down.
  const gates: readonly [string, boolean][] = [
    ['teacher ≥ 77.5 in every seed', arms.every((a) => a.teacher >= 77.5)],
    ['last student ≥ 81.0 in every seed', arms.every((a) => last(a) >= 81)],
    ['last student ≥ +0.5 over the baseline in every seed', arms.every((a) => last(a) - a.baseline >= 0.5)],
    ['mean gain over the baseline ≥ +1.0', gain >= 1],
    ['oracle ≥ 86.0 in every seed', arms.every((a) => a.oracle >= 86)],
  ];
  for (const [gate, holds] of gates) console.log(`${holds ? 'holds' : 'FAILS'}  ${gate}`);
  return gates.every(([, holds]) => holds);
}

function printPaired(title: string, differences: readonly number[]): number {
  const n = differences.length;
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const deviation = Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / Math.max(1, n - 1));
  const half = n > 1 ? ((T95[n - 2] ?? 1.96) * deviation) / Math.sqrt(n) : NaN;
  console.log(`${title}: ${mean.toFixed(2)} ± ${half.toFixed(2)} (95 %, n = ${n}) [${differences.map((d) => d.toFixed(2)).join(' ')}]`);
  return mean;
}

function top1({ test }: GenerationStatus): number {
  return (test.top1 ?? NaN) * 100;
}
