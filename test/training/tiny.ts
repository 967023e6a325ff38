import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, SetName } from '../../lib/data/dataset.js';
import type { JobHooks } from '../../lib/device/hooks.js';
import type { TrainJob } from '../../lib/device/messages.js';
import { text, withDatabase } from '../../lib/labels/database.js';
import { randomKey, stream, uniforms } from '../../lib/noise/random.js';
import type { GenerationSpec, NoiseSpec, TrainingSpec } from '../../lib/spec/resolved.js';
import { removeUnfinished } from '../../lib/training/checkpoint.js';

export interface TinySizes {
  /** Pixels. */
  readonly size: number;
  /** 1 unless given. */
  readonly channels?: 1 | 3;
  readonly classes: number;
  readonly labelled: number;
  readonly pool: number;
}

export const TINY: TinySizes = { size: 8, classes: 3, labelled: 10, pool: 30 };

/** Everything at once: input noise, dropout and stochastic depth. */
export const ALL_NOISE: NoiseSpec = {
  randAugment: { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
  crop: { pad: 1 },
  flip: 'horizontal',
  dropout: 0.1,
  survival: 0.8,
};

export const TINY_TRAINING: TrainingSpec = {
  steps: 30,
  batch: 4,
  unlabelledRatio: 2,
  unlabelledWeight: 1,
  optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0.01 },
  schedule: { name: 'cosine', rate: 0.015, warmupSteps: 5 },
  ema: 0.99,
  labelSmoothing: 0.1,
  checkpointEvery: 10,
  logEvery: 7,
};

/** A temporary folder with a prepared data set, a selection and room for a training: `dataset`, `selection`. */
export async function tinyFolder(sizes: TinySizes = TINY): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'training-'));
  await writeDataset(join(folder, 'dataset'), sizes);
  await writeSelection(join(folder, 'selection'), sizes);
  return folder;
}

/** A student's training in `folder`; `run` names its checkpoints and output, which are made. */
export async function tinyJob(folder: string, run: string, training: Partial<TrainingSpec> = {}, change: Partial<TrainJob> = {}): Promise<TrainJob> {
  const [checkpoints, output] = [join(folder, run, 'checkpoints'), join(folder, run, 'output')];
  await mkdir(output, { recursive: true });
  await removeUnfinished(checkpoints);
  const generation: GenerationSpec = {
    index: 1,
    role: 'student',
    model: 'efficientnet_t1',
    noise: ALL_NOISE,
    training: { ...TINY_TRAINING, ...training },
    labelling: { labels: 'soft', temperature: 1, batch: 8, shard: 100 },
    selection: { confidence: 0, perClass: null, balance: 'none' },
  };
  return { kind: 'train', seed: 1, generation, dataset: join(folder, 'dataset'), selection: join(folder, 'selection'), checkpoints, output, ...change };
}

export const FACTS = { processor: 'test', intraOp: '1', eager: false, loaderThreads: 0 };

/** Hooks that stop after `stopAfter` steps of this attempt, and keep what was said. */
export function hooksStopping(stopAfter = Infinity): JobHooks & { readonly warnings: string[]; steps: number } {
  const hooks = {
    steps: 0,
    warnings: [] as string[],
    onProgress: () => void hooks.steps++,
    shouldStop: () => hooks.steps >= stopAfter,
    licence: async () => undefined,
    now: () => performance.now(),
    collectGarbage: () => undefined,
    warn: (message: string) => void hooks.warnings.push(message),
  };
  return hooks;
}

/** File name → SHA-256 of everything in a folder. */
export async function digests(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const hashes = names.map(
    async (name) =>
      [
        name,
        createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex'),
      ] as const,
  );
  return Object.fromEntries(await Promise.all(hashes));
}

/** Images of noise whose brightness tells the class. */
async function writeDataset(folder: string, { size, channels = 1, classes, labelled, pool }: TinySizes): Promise<void> {
  await mkdir(folder, { recursive: true });
  const sets = { labelled, validation: 0, test: 0, pool };
  const dataset: Dataset = {
    image: { size, channels },
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    mean: Array<number>(channels).fill(0.4),
    std: Array<number>(channels).fill(0.3),
    sets,
    duplicates: 0,
    quarantined: 0,
    hiddenLabels: false,
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(dataset));
  for (const [set, count] of Object.entries(sets) as [SetName, number][]) {
    const rows = Array.from({ length: count }, (_, i) => ({ id: `${set}/${i}.png`, ...(set !== 'pool' && { label: i % classes }) }));
    await writeFile(join(folder, `${set}-00000.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await writeFile(join(folder, `${set}-00000.pixels`), pixelsOf(set, count, size * size * channels, classes));
  }
}

function pixelsOf(set: SetName, count: number, pixels: number, classes: number): Uint8Array {
  const noise = uniforms(randomKey({ seed: 7, generation: 0, phase: 'test', purpose: set }), 0, count * pixels);
  return Uint8Array.from(noise, (share, i) => (255 * (share + (Math.floor(i / pixels) % classes))) / classes);
}

/** Every pool image once to three times, with a soft label. */
async function writeSelection(folder: string, { classes, pool }: TinySizes): Promise<void> {
  await mkdir(folder, { recursive: true });
  const key = randomKey({ seed: 7, generation: 0, phase: 'test', purpose: 'selection' });
  const rows = Array.from({ length: pool }, (_, position) => {
    const draws = stream(key, 0, position);
    const label = position % classes;
    const confidence = 0.6 + 0.3 * draws.uniform();
    const target = Array.from({ length: classes }, (__, c) => (c === label ? confidence : (1 - confidence) / (classes - 1)));
    return `(${position}::UINTEGER, 'pool/${position}.png', ${label}::USMALLINT, ${confidence}::FLOAT, ${1 + draws.integer(3)}::UINTEGER, [${target}]::FLOAT[])`;
  });
  const types = 'position UINTEGER, id VARCHAR, label USMALLINT, confidence FLOAT, copies UINTEGER, target FLOAT[]';
  await withDatabase(null, async (connection) => {
    await connection.run(`CREATE TABLE selection (${types})`);
    if (rows.length > 0) await connection.run(`INSERT INTO selection VALUES ${rows.join(', ')}`);
    await connection.run(`COPY selection TO ${text(join(folder, 'selection.parquet'))} (FORMAT parquet)`);
  });
}
