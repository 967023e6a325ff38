import { ImageSet } from '../data/image-set.js';
import type { TrainJob } from '../device/messages.js';
import { PipelineError } from '../errors.js';
import { readSelection, type Selection } from '../labels/selection-file.js';
import { outlineNetwork } from '../models/variants.js';
import { batchDrawer, type DrawBatch } from './batches.js';
import { maskDrawer, type DrawMasks } from './masks.js';
import { optimiserOf } from './optimiser.js';
import { packingOf } from './state.js';
import type { StepPlan } from './step.js';

/** All that a training reads, opened; nothing of it changes from step to step. */
export interface TrainInputs {
  readonly plan: StepPlan;
  readonly drawBatch: DrawBatch;
  readonly drawMasks: DrawMasks;
  readonly labelled: ImageSet;
  readonly pool: ImageSet | null;
  /** Images per step. */
  readonly batch: number;
  close(): Promise<void>;
}

/** Throws MODEL_UNKNOWN, DATASET_EMPTY, CLASSES_DIFFER, and what opening the folders throws. */
export async function openInputs({
  seed,
  generation: { index, model, noise, training },
  dataset: folder,
  selection: selectionFolder,
}: TrainJob): Promise<TrainInputs> {
  const labelled = await ImageSet.open(folder, 'labelled');
  if (labelled.count === 0) throw new PipelineError('DATASET_EMPTY', `${folder}: the labelled set has no image, so nothing can be learnt from it`);
  const { dataset } = labelled;
  const pseudoCount = Math.round(training.batch * training.unlabelledRatio);
  const pseudo = selectionFolder === null || pseudoCount === 0 ? null : await openPseudo(folder, selectionFolder, pseudoCount);

  const network = outlineNetwork(model, { classes: dataset.classes.length, channels: dataset.image.channels });
  const batch = training.batch + (pseudo?.count ?? 0);
  const of = { seed, generation: index };
  return {
    plan: {
      network,
      packing: packingOf(network),
      optimiser: optimiserOf(training.optimiser),
      labelledCount: training.batch,
      unlabelledWeight: training.unlabelledWeight,
      mean: dataset.mean,
      std: dataset.std,
    },
    drawBatch: batchDrawer({ ...of, noise, labelled, labelledCount: training.batch, labelSmoothing: training.labelSmoothing, pseudo }),
    drawMasks: maskDrawer(network, noise, batch, of),
    labelled,
    pool: pseudo?.pool ?? null,
    batch,
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
