import type { TrainJob } from '../device/messages.js';
import { openDrawer, type Drawer } from './draw.js';
import { frozenBy } from './frozen.js';
import { decaysIn, optimiserOf } from './optimiser.js';
import type { StepPlan } from './step.js';

/** All that a training reads, opened; nothing of it changes from step to step. */
export interface TrainInputs extends Drawer {
  readonly plan: StepPlan;
}

/** Throws what `openDrawer` throws. */
export async function openInputs(job: TrainJob): Promise<TrainInputs> {
  const drawer = await openDrawer(job);
  const { training, freeze } = job.generation;
  const { dataset } = drawer.labelled;
  const plan: StepPlan = {
    network: drawer.network,
    optimiser: optimiserOf(training.optimiser, decaysIn(drawer.network)),
    frozen: frozenBy(freeze),
    labelledCount: training.batch,
    unlabelledWeight: training.unlabelledWeight,
    mean: dataset.mean,
    std: dataset.std,
  };
  return { ...drawer, plan };
}
