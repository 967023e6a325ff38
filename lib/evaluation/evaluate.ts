import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageSet } from '../data/image-set.js';
import type { JobHooks, JobOutcome } from '../device/hooks.js';
import type { EvaluateJob } from '../device/messages.js';
import type { HostFacts } from '../training/versions.js';
import type { Evaluation } from './evaluation.js';
import { predictLogits } from './inference.js';
import { count, emptyTally, summarise, type Tally } from './metrics.js';
import { checkFits, openPredictor, type Predictor } from './predictor.js';

/** Judges a model on the validation and the test set: clean images, average weights. Writes `evaluation.json`. */
export async function evaluateModel(job: EvaluateJob, hooks: JobHooks, { eager }: Pick<HostFacts, 'eager'>): Promise<JobOutcome> {
  const started = hooks.now();
  const predictor = await openPredictor(job.model, { scratch: job.output, eager });
  const once = { memoryBytes: 0 }; // each image is read once
  const [validation, test] = await Promise.all([ImageSet.open(job.dataset, 'validation', once), ImageSet.open(job.dataset, 'test', once)]);
  try {
    checkFits(predictor, validation);
    const { classes } = validation.dataset;
    const of = validation.count + test.count;
    const tallies = [emptyTally(classes.length), emptyTally(classes.length)] as const;
    const images = () => tallies[0].images + tallies[1].images;
    const report = () => hooks.onProgress({ step: images(), of, imagesPerSecond: (1000 * images()) / (hooks.now() - started) });

    await tallySet(predictor, validation, job.batch, tallies[0], hooks, report);
    await tallySet(predictor, test, job.batch, tallies[1], hooks, report);
    if (images() < of) return { type: 'stopped', progress: { step: images(), of } };

    const evaluation: Evaluation = { validation: summarise(tallies[0], classes), test: summarise(tallies[1], classes) };
    await writeFile(join(job.output, 'evaluation.json'), `${JSON.stringify(evaluation)}\n`);
    return { type: 'done', meta: { images: of, evaluateSeconds: (hooks.now() - started) / 1000 } };
  } finally {
    await Promise.all([validation.close(), test.close()]);
  }
}

/** Fills the tally with every image of the set, or with fewer if the job should stop. */
async function tallySet(predictor: Predictor, images: ImageSet, batch: EvaluateJob['batch'], tally: Tally, hooks: JobHooks, report: () => void): Promise<void> {
  const labels = images.labels();
  for await (const { from, count: n, logits } of predictLogits(predictor, images, { from: 0, to: images.count, batch, now: hooks.now })) {
    count(tally, logits, labels.subarray(from, from + n));
    report();
    if (hooks.shouldStop()) return;
  }
}
