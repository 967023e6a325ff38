import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { prepareDataset } from '../../lib/data/prepare.js';
import type { JobHooks } from '../../lib/device/hooks.js';
import { labelShard } from '../../lib/labels/predict.js';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { randomKey } from '../../lib/noise/random.js';
import type { DataSpec, SourceSpec } from '../../lib/spec/resolved.js';
import type { Contest } from './measure.js';
import { picture } from './picture.js';
import { temporaryFolder } from './scratch.js';

export interface JpegSize {
  readonly images: number;
  readonly size: number;
}

export const JPEGS: JpegSize = { images: 256, size: 224 };

const MODEL = 'tf_efficientnet_b0';
const CLASSES = Array.from({ length: 10 }, (_, i) => `class-${i}`);

export interface JpegPool extends Pick<Contest, 'work' | 'run' | 'close'> {
  /** The folder with the JPEG files, for a rival that labels the same ones. */
  readonly pool: string;
}

/**
 * A pool of JPEG files to pseudo-labels in a Parquet file: preparing (decode, resize, check, look for duplicates, write) and then labelling,
 * the two phases of a run. Preparing also reads 3 small sets of 10 images, which a data set has to have. The model is loaded, and its
 * batch found, in the round that warms up.
 */
export async function startJpegPool({ images, size }: JpegSize): Promise<JpegPool> {
  const folder = temporaryFolder();
  const pool = join(folder, 'pool');
  await writeJpegs(pool, images, size, 0);
  const sets = ['labelled', 'validation', 'test'] as const;
  for (const [i, set] of sets.entries()) for (const [c, name] of CLASSES.entries()) await writeJpegs(join(folder, set, name), 1, size, images + 10 * i + c);

  const model = await saveB0(join(folder, 'model'), size);

  const source = (set: string): SourceSpec => ({ format: 'folder', path: join(folder, set), perClass: null });
  const data: DataSpec = {
    image: { size, channels: 3, ...NORMAL },
    labelled: source('labelled'),
    validation: source('validation'),
    unlabelled: source('pool'),
    test: source('test'),
    corruptShare: 0,
  };
  const locations = Object.fromEntries(['labelled', 'validation', 'pool', 'test'].map((set) => [join(folder, set), join(folder, set)]));
  return {
    pool,
    work: `${images} JPEG files of ${size} px to labels of ${MODEL}`,
    async run(round) {
      const at = (name: string) => join(folder, `round-${round}`, name);
      for (const name of ['dataset', 'hidden', 'labels']) mkdirSync(at(name), { recursive: true });
      await prepareDataset({ data, seed: 1, locations, output: at('dataset'), hiddenOutput: at('hidden') });
      const labelling = { labels: 'soft', temperature: 1, batch: 'auto', shard: images } as const;
      await labelShard({ kind: 'label', model, dataset: at('dataset'), from: 0, to: images, labelling, output: at('labels') }, HOOKS, { eager: false });
      rmSync(join(folder, `round-${round}`), { recursive: true });
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

const NORMAL = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A fresh network's folder, which is returned. */
export async function saveB0(folder: string, size: number): Promise<string> {
  const network = outlineNetwork(MODEL, { classes: CLASSES.length, channels: 3 });
  const config = ownConfig(network, { labels: CLASSES, size, ...NORMAL, tag: 'bench', noisyStudent: {} });
  await saveModel(folder, network, initialiseFrom(network, { seed: 1, generation: 0 }), config);
  return folder;
}

const HOOKS: JobHooks = {
  onProgress: () => undefined,
  shouldStop: () => false,
  licence: async () => undefined,
  now: () => performance.now(),
  collectGarbage: () => undefined,
  warn: (message) => console.error(message),
};

export async function writeJpegs(folder: string, count: number, size: number, from: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const key = randomKey({ seed: 1, generation: 0, phase: 'bench', purpose: 'jpeg' });
  for (let i = 0; i < count; i++) {
    const { pixels } = picture(key, { size, channels: 3 }, from + i);
    const bytes = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    await writeFile(join(folder, `${i}.jpg`), bytes);
  }
}
