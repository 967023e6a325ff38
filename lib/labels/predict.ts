import { join } from 'node:path';
import { ImageSet } from '../data/image-set.js';
import type { JobHooks, JobOutcome } from '../device/hooks.js';
import type { LabelJob } from '../device/messages.js';
import { predictLogits } from '../evaluation/inference.js';
import { checkFits, openPredictor, type Predictor } from '../evaluation/predictor.js';
import type { HostFacts } from '../training/versions.js';
import { withDatabase } from './database.js';
import { LabelFile } from './label-file.js';
import { pseudoLabels } from './pseudo-label.js';

/**
 * Labels a range of the pool: clean images, the teacher's average weights, no noise. Writes `labels.parquet`
 * (columns: see LabelFile), the same bytes each time. Memory does not depend on the pool's size.
 */
export async function labelShard(job: LabelJob, hooks: JobHooks, { eager }: Pick<HostFacts, 'eager'>): Promise<JobOutcome> {
  const started = hooks.now();
  const teacher = await openPredictor(job.model, { scratch: job.output, eager });
  const pool = await ImageSet.open(job.dataset, 'pool', { memoryBytes: 0 }); // each image is read once
  try {
    checkFits(teacher, pool);
    return await withDatabase(join(job.output, 'spill'), async (connection) => {
      const file = await LabelFile.create(connection, teacher.network.classes);
      const opened = hooks.now();
      const done = await labelBatches(teacher, pool, file, job, hooks);
      if (done < job.to - job.from) return { type: 'stopped', progress: { step: done, of: job.to - job.from } };
      const labelled = hooks.now();
      await file.write(join(job.output, 'labels.parquet'));
      return {
        type: 'done',
        meta: { images: done, openSeconds: (opened - started) / 1000, labelSeconds: (labelled - opened) / 1000, writeSeconds: (hooks.now() - labelled) / 1000 },
      };
    });
  } finally {
    await pool.close();
  }
}

/** Returns how many images were labelled: fewer than asked for if the job should stop. Progress counts images. */
async function labelBatches(teacher: Predictor, pool: ImageSet, file: LabelFile, { from, to, labelling }: LabelJob, hooks: JobHooks): Promise<number> {
  const started = hooks.now();
  const ids = await pool.ids(from, to);
  let done = 0;
  for await (const { from: first, count, logits } of predictLogits(teacher, pool, { from, to, batch: labelling.batch, now: hooks.now })) {
    file.append({ from: first, ids: ids.slice(done, done + count), ...pseudoLabels(logits, teacher.network.classes, labelling) });
    done += count;
    hooks.onProgress({ step: done, of: to - from, imagesPerSecond: (1000 * done) / (hooks.now() - started) });
    if (hooks.shouldStop()) break;
  }
  return done;
}
