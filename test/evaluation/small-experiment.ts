import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, SetName } from '../../lib/data/dataset.js';
import type { JobHooks } from '../../lib/device/hooks.js';
import type { Progress } from '../../lib/device/messages.js';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { randomKey, stream } from '../../lib/noise/random.js';

export const DATASET: Dataset = {
  image: { size: 12, channels: 1 },
  classes: ['bag', 'boot', 'coat', 'dress', 'shirt', 'trouser'],
  mean: [0.4],
  std: [0.3],
  sets: { labelled: 0, validation: 9, test: 11, pool: 43 },
  duplicates: 0,
  quarantined: 0,
  hiddenLabels: false,
};

export interface Experiment {
  readonly folder: string;
  readonly dataset: string;
  /** Folder of an untrained efficientnet_t0. */
  readonly model: string;
  /** A fresh empty folder. */
  output(): Promise<string>;
}

/** A prepared data set of random pixels and an untrained model, in a temporary folder. */
export async function smallExperiment(): Promise<Experiment> {
  const folder = await mkdtemp(join(tmpdir(), 'noisy-student-evaluation-'));
  const dataset = join(folder, 'dataset');
  await mkdir(dataset);
  await writeFile(join(dataset, 'dataset.json'), JSON.stringify(DATASET));
  for (const set of Object.keys(DATASET.sets) as SetName[]) await writeSet(dataset, set);
  return { folder, dataset, model: await saveUntrained(join(folder, 'model'), { seed: 1 }), output: () => mkdtemp(join(folder, 'output-')) };
}

/** Its logits are spread by `scale`, so that images are not all of one class, and confidences differ; its last maps by `norm`. */
export async function saveUntrained(
  folder: string,
  { seed, classes = DATASET.classes.length, scale = 40, norm = 1 }: { seed: number; classes?: number; scale?: number; norm?: number },
): Promise<string> {
  const network = outlineNetwork('efficientnet_t0', { classes, channels: DATASET.image.channels });
  const tensors = initialiseFrom(network, { seed, generation: 0 });
  const spread = tensors['classifier.weight']!.map((weight) => weight * scale);
  const config = ownConfig(network, {
    labels: Array.from({ length: classes }, (_, c) => `class ${c}`),
    size: DATASET.image.size,
    mean: DATASET.mean,
    std: DATASET.std,
    tag: 'untrained',
    noisyStudent: {},
  });
  await saveModel(folder, network, { ...tensors, 'classifier.weight': spread, 'bn2.weight': tensors['bn2.weight']!.map((weight) => weight * norm) }, config);
  return folder;
}

/** uint8 [size, size, channels] of one image. */
export function pixelsOf(set: SetName, position: number): Uint8Array {
  const { size, channels } = DATASET.image;
  const draws = stream(randomKey({ seed: 1, generation: 0, phase: 'test', purpose: set }), 0, position);
  return Uint8Array.from({ length: size * size * channels }, () => draws.integer(256));
}

export function labelOf(position: number): number {
  return position % DATASET.classes.length;
}

/** Hooks that ask to stop after so many reports of progress. */
export function hooksOf({ stopAfter = Infinity }: { stopAfter?: number } = {}): JobHooks & { readonly reports: Progress[] } {
  const reports: Progress[] = [];
  return {
    reports,
    onProgress: (progress) => void reports.push(progress),
    shouldStop: () => reports.length >= stopAfter,
    licence: async () => undefined,
    now: () => performance.now(),
    collectGarbage: () => undefined,
    warn: () => {},
  };
}

async function writeSet(folder: string, set: SetName): Promise<void> {
  const positions = Array.from({ length: DATASET.sets[set] }, (_, position) => position);
  if (positions.length === 0) return;
  const lines = positions.map((position) => JSON.stringify({ id: `${set}/${position}`, ...(set !== 'pool' && { label: labelOf(position) }) }));
  await writeFile(join(folder, `${set}-00000.pixels`), Buffer.concat(positions.map((position) => pixelsOf(set, position))));
  await writeFile(join(folder, `${set}-00000.jsonl`), `${lines.join('\n')}\n`);
}
