import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../lib/data/dataset.js';
import type { SetEvaluation } from '../../lib/evaluation/evaluation.js';
import { BINS, type SelectionStatistics } from '../../lib/labels/selection-statistics.js';
import { emptyTally, measuredNoise, type NoiseTally } from '../../lib/noise/tally.js';
import type { ReportedGeneration, ReportInput } from '../../lib/report/input.js';
import type { Duplicate, Quarantined } from '../../lib/report/summary.js';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import type { MetricsRow } from '../../lib/training/metrics.js';
import type { NoiseAttestation, TrainResult } from '../../lib/training/outputs.js';
import { specOf, type SpecParts } from './run-spec.js';

/** What a run is made of; everything that is not given is that of a good run on ten classes. */
export interface RunParts extends SpecParts {
  readonly run?: string;
  readonly classes?: readonly string[];
  /** Rows of metrics.jsonl per training. */
  readonly metricsRows?: number;
  readonly hasHiddenLabels?: boolean;
  /** Of the pool images, those whose hidden label is known. */
  readonly knownShare?: number;
  readonly duplicates?: readonly Duplicate[];
  readonly quarantine?: readonly Quarantined[];
  /** Test top-1 of teacher, students and baseline. */
  readonly top1?: readonly number[];
  /** Classes of which the teacher predicts no image. */
  readonly unpredicted?: readonly string[];
}

export const CLOTHES = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

/** Calls `work` with the input of a report on the artifacts of a run that exists only as files, and removes them. */
export async function withRun<R>(parts: RunParts, work: (input: ReportInput) => Promise<R>): Promise<R> {
  const home = await mkdtemp(join(tmpdir(), 'noisy-student-report-'));
  try {
    return await work(await writeRun(home, parts));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Writes the artifacts that a report reads, under `home`. */
export async function writeRun(home: string, parts: RunParts = {}): Promise<ReportInput> {
  const spec = specOf(parts);
  const models = [...spec.generations, ...(spec.baseline ? [spec.baseline] : [])];
  const folders: ReportedGeneration[] = [];
  for (const [i, generation] of models.entries()) folders.push(await writeModel(home, generation, parts, i));
  const dataset = await writeDataset(join(home, 'prepare'), parts);
  const output = join(home, 'report');
  await mkdir(output, { recursive: true });
  return {
    run: parts.run ?? 'clothes-1',
    spec,
    specDigest: 'c0ffee'.padEnd(64, '0'),
    dataset,
    generations: folders.slice(0, spec.generations.length),
    baseline: spec.baseline ? folders.at(-1)! : null,
    output,
  };
}

async function writeDataset(folder: string, { classes = CLOTHES, duplicates = [], quarantine = [], hasHiddenLabels = true }: RunParts): Promise<string> {
  const dataset: Dataset = {
    image: { size: 28, channels: 1 },
    classes,
    mean: [0.2861],
    std: [0.353],
    sets: { labelled: 500, validation: 2000, test: 10_000, pool: 57_500 },
    duplicates: duplicates.length,
    quarantined: quarantine.length,
    hiddenLabels: hasHiddenLabels,
  };
  await writeJson(folder, 'dataset.json', dataset);
  await writeLines(folder, 'duplicates.jsonl', duplicates);
  await writeLines(folder, 'quarantine.jsonl', quarantine);
  return folder;
}

async function writeModel(home: string, generation: GenerationSpec, parts: RunParts, position: number): Promise<ReportedGeneration> {
  const folder = (phase: string) => join(home, `${phase}-${position}`);
  const { classes = CLOTHES, top1 = [0.786, 0.815, 0.823, 0.809] } = parts;
  const metrics = metricsOf(generation, parts);
  await writeJson(folder('train'), 'result.json', resultOf(generation, metrics));
  await writeLines(folder('train'), 'metrics.jsonl', metrics);
  await writeJson(folder('train'), 'noise.json', noiseOf(generation));
  const test = judged(classes, 10_000, top1[position]!);
  await writeJson(folder('evaluate'), 'evaluation.json', { validation: judged(classes, 2_000, top1[position]! + 0.004), test });
  const isStudent = generation.role === 'student';
  if (isStudent) await writeJson(folder('select'), 'statistics.json', statisticsOf(parts, generation));
  return {
    generation,
    train: folder('train'),
    selection: isStudent ? folder('select') : null,
    evaluation: folder('evaluate'),
    seconds: 60.25 + 40 * position,
  };
}

function resultOf({ model, training }: GenerationSpec, metrics: readonly MetricsRow[]): TrainResult {
  const images = training.steps * training.batch * (1 + training.unlabelledRatio);
  return { model, parameters: 41_234, steps: training.steps, images, final: metrics.at(-1)!, weightsSha256: 'a'.repeat(64) };
}

/** Curves that fall like a good training's, and end close together. */
function metricsOf({ training, role, index }: GenerationSpec, { metricsRows = 60 }: RunParts): MetricsRow[] {
  return Array.from({ length: metricsRows }, (_, i) => {
    const done = (i + 1) / metricsRows;
    const waver = Math.sin(i * 1.7 + index * 2 + (role === 'baseline' ? 1 : 0)) * 0.04;
    const labelledLoss = 0.3 + index * 0.02 + 2 * Math.exp(-6 * done) + waver;
    const pseudoLoss = role === 'student' ? 0.5 + index * 0.03 + 1.7 * Math.exp(-5 * done) + waver : null;
    return {
      step: Math.round(done * training.steps),
      rate: 0.015 * (1 - done),
      loss: pseudoLoss === null ? labelledLoss : (labelledLoss + pseudoLoss) / 2,
      labelledLoss,
      pseudoLoss,
      labelledTop1: 0.9 - 0.8 * Math.exp(-6 * done) - waver / 2,
      gradientNorm: 1,
    };
  });
}

/** Rows of equal size, `top1` of each on the diagonal in the mean, the rest near it: class 6 is the hardest. */
function judged(classes: readonly string[], images: number, top1: number): SetEvaluation {
  const each = Math.max(1, Math.floor(images / classes.length));
  const confusion = classes.map((_, truth) => {
    const row = classes.map(() => 0);
    const hardness = classes.length > 1 ? (truth === 6 ? 1.8 : 0.9) : 0;
    const wrong = Math.min(each, Math.round(each * (1 - top1) * hardness));
    row[truth]! += each - wrong;
    row[(truth + 2) % classes.length]! += Math.ceil(wrong * 0.6);
    row[(truth + 3) % classes.length]! += wrong - Math.ceil(wrong * 0.6);
    return row;
  });
  const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
  const perClass = classes.map((name, i) => ({ class: name, images: each, top1: confusion[i]![i]! / each }));
  return { images: each * classes.length, top1: right / (each * classes.length), top5: 0.993, loss: 0.531, perClass, confusion };
}

function statisticsOf(
  { classes = CLOTHES, hasHiddenLabels = true, knownShare = 1, unpredicted = [] }: RunParts,
  { index, selection }: GenerationSpec,
): SelectionStatistics {
  const images = 57_500;
  const rows = classes.map((name, i) => {
    const before = unpredicted.includes(name) ? 0 : Math.round((images / classes.length) * (1 + 0.4 * Math.sin(i * 2.1 + index)));
    const aboveFloor = Math.round(before * 0.85);
    const unique = Math.min(aboveFloor, 5_000);
    return {
      ...{ class: name, before, aboveFloor, unique, rows: unique === 0 ? 0 : 5_000, duplication: unique === 0 ? null : 5_000 / unique },
      ...{ lowestConfidence: unique === 0 ? null : 0.5 + 0.01 * i, accuracy: hasHiddenLabels && before > 0 ? 0.8 + 0.01 * i : null },
    };
  });
  const histogram = Array.from({ length: BINS }, (_, bin) => (bin < 4 ? 0 : Math.round(images * 0.01 * (1 + (bin - 4) ** 2 / 20))));
  return {
    images,
    aboveFloor: rows.reduce((sum, { aboveFloor }) => sum + aboveFloor, 0),
    coverage: 0.85,
    rows: rows.reduce((sum, row) => sum + row.rows, 0),
    unique: rows.reduce((sum, { unique }) => sum + unique, 0),
    confidence: { floor: selection.confidence, mean: 0.781, highest: 0.9998, histogram },
    entropy: 0.61,
    classes: rows,
    churn: index === 1 ? null : { images, changed: 3_900, share: 3_900 / images, matrix: classes.map(() => classes.map(() => 0)) },
    accuracy: hasHiddenLabels
      ? {
          images,
          pool: 0.812,
          selected: 0.874,
          bins: histogram.map((count, bin) => ({
            from: bin / BINS,
            images: Math.floor(count * knownShare),
            accuracy: count === 0 ? null : Math.min(1, 0.1 + bin / BINS),
          })),
        }
      : null,
    warnings: unpredicted.map((name) => ({
      kind: 'class-unpredicted',
      class: name,
      message: `the teacher predicts no pool image as "${name}": the student sees the class in the labelled set alone`,
    })),
  };
}

function noiseOf({ noise, training }: GenerationSpec): NoiseAttestation {
  const images = training.steps * training.batch;
  const isOn = noise.survival < 1;
  const counted = tally(images, noise);
  const measured = measuredNoise(counted);
  const blocks = ['blocks.0.0', 'blocks.1.0', 'blocks.1.1', 'blocks.2.0', 'blocks.2.1'];
  const survival = blocks.map((block, i) => {
    const asked = 1 - ((1 - noise.survival) * i) / blocks.length;
    return { block, skip: block.endsWith('.1'), asked, measured: isOn && block.endsWith('.1') ? asked - 0.002 : null };
  });
  return { asked: noise, randAugment: null, dropout: { asked: noise.dropout, measured: measured.dropoutShare }, survival, measured, counted };
}

function tally(images: number, { randAugment, flip, dropout }: GenerationSpec['noise']): NoiseTally {
  const empty = emptyTally();
  if (!randAugment) return { ...empty, images, unchanged: images };
  const each = Math.floor(images / Object.keys(empty.ops).length);
  const ops = Object.fromEntries(
    Object.keys(empty.ops).map((name, i) => [name, { applied: each, levelThousandths: each * (1_900 + 20 * i) }]),
  ) as NoiseTally['ops'];
  const features = images * 64;
  return {
    ...empty,
    ...{ images, shifted: Math.floor(images * 0.889), unchanged: Math.floor(images * 0.05), ops },
    flipped: flip === 'none' ? 0 : Math.floor(images / 2) + 3,
    dropout: dropout === 0 ? { drawn: 0, dropped: 0 } : { drawn: features, dropped: Math.round(features * (dropout + 0.0004)) },
  };
}

async function writeJson(folder: string, file: string, value: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), JSON.stringify(value));
}

async function writeLines(folder: string, file: string, values: readonly unknown[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
