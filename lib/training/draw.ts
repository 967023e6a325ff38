import { ImageSet } from '../data/image-set.js';
import type { TrainJob } from '../device/messages.js';
import { PipelineError } from '../errors.js';
import { readSelection, type Selection } from '../labels/selection-file.js';
import { outlineNetwork, type Network } from '../models/variants.js';
import { emptyTally, type NoiseTally } from '../noise/tally.js';
import { pseudoRows } from './batch-size.js';
import { batchDrawer, type DrawnBatch } from './batches.js';
import { maskDrawer, type DrawnMasks } from './masks.js';

/** All that a step takes in, as arrays, and what was counted while it was drawn. */
export interface Drawn {
  readonly batch: DrawnBatch;
  readonly masks: DrawnMasks;
  readonly noise: NoiseTally;
}

/** Draws the steps of one training; it knows nothing of the device. */
export interface Drawer {
  readonly network: Network;
  readonly labelled: ImageSet;
  readonly pool: ImageSet | null;
  /** Images per step. */
  readonly images: number;
  /** A pure function of the job and the step: any thread may draw any step, in any order. */
  draw(step: number): Promise<Drawn>;
  close(): Promise<void>;
}

/** Throws MODEL_UNKNOWN, DATASET_EMPTY, CLASSES_DIFFER, and what opening the folders throws. */
export async function openDrawer({
  seed,
  generation: { index, model, noise, training },
  dataset: folder,
  selection: selectionFolder,
}: Pick<TrainJob, 'seed' | 'generation' | 'dataset' | 'selection'>): Promise<Drawer> {
  const labelled = await ImageSet.open(folder, 'labelled');
  if (labelled.count === 0) throw new PipelineError('DATASET_EMPTY', `${folder}: the labelled set has no image, so nothing can be learnt from it`);
  const { dataset } = labelled;
  const pseudoCount = pseudoRows(training);
  const pseudo = selectionFolder === null || pseudoCount === 0 ? null : await openPseudo(folder, selectionFolder, pseudoCount);

  const network = outlineNetwork(model, { classes: dataset.classes.length, channels: dataset.image.channels });
  const images = training.batch + (pseudo?.count ?? 0);
  const of = { seed, generation: index };
  const drawBatch = batchDrawer({ ...of, noise, labelled, labelledCount: training.batch, labelSmoothing: training.labelSmoothing, pseudo });
  const drawMasks = maskDrawer(network, noise, images, of);
  return {
    network,
    labelled,
    pool: pseudo?.pool ?? null,
    images,
    async draw(step) {
      const counted = emptyTally();
      return { batch: await drawBatch(step, counted), masks: drawMasks(step, counted), noise: counted };
    },
    async close() {
      await labelled.close();
      await pseudo?.pool.close();
    },
  };
}

async function openPseudo(folder: string, selectionFolder: string, count: number): Promise<{ pool: ImageSet; selection: Selection; count: number }> {
  const selection = await readSelection(selectionFolder);
  const images = selection.positions.length;
  if (images === 0) {
    throw new PipelineError(
      'DATASET_EMPTY',
      `${selectionFolder}: no pool image was selected, but a step takes ${count} · lower selection.confidence, or set training.unlabelledRatio to 0`,
    );
  }
  const pool = await ImageSet.open(folder, 'pool');
  const classes = pool.dataset.classes.length;
  if (selection.targets.length !== images * classes) {
    throw new PipelineError('CLASSES_DIFFER', `${selectionFolder}: targets have ${selection.targets.length / images} classes, but ${folder} has ${classes}`);
  }
  return { pool, selection, count };
}
