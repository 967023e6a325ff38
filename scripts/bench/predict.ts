import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findImages } from '../../lib/data/find-images.js';
import { resolveDataConfig } from '../../lib/data/data-config.js';
import { compileModel, inferLogits } from '../../lib/evaluation/compiled-model.js';
import { batchFor, inferFiles, type InferredBatch } from '../../lib/evaluation/infer-files.js';
import { timeSpent, type TimeSpent } from '../../lib/evaluation/time-spent.js';
import { predictionsOf, writePredictions } from '../../lib/evaluation/predictions.js';
import { loadModel } from '../../lib/models/weights.js';
import { saveB0, writeJpegs, type JpegPool, type JpegSize } from './jpeg.js';
import { temporaryFolder } from './scratch.js';

export const PICTURES: JpegSize = { images: 1000, size: 224 };

/** JPEG files to top-5 rows in a CSV file, as `noisy-student predict` does it, with the model loaded. Says at the end what the time went into. */
export async function startPredict({ images, size }: JpegSize): Promise<JpegPool> {
  const folder = temporaryFolder();
  const pool = join(folder, 'pool');
  await writeJpegs(pool, images, size, 0);
  const model = await loadModel(await saveB0(join(folder, 'model'), size));
  const compiled = compileModel(model, inferLogits, { scratch: folder })();
  const { images: found } = await findImages([pool], folder);
  const config = resolveDataConfig({ imgSize: size, cropPct: 1 }, { pretrained: model.config.pretrained }); // the files have the size
  const options = { batch: Math.min(batchFor(config), images), threads: Math.max(1, availableParallelism() - 1), upright: true, now: () => performance.now() };
  const spent = timeSpent();
  const names = model.config.labels!.map(String);
  return {
    pool,
    work: `predict: ${images} JPEG files of ${size} px to top-5 rows of tf_efficientnet_b0`,
    async run(round) {
      const files = found.map(({ file }) => file);
      const batches = followed(inferFiles({ network: model.network, compiled }, files, config, options), spent);
      const table = { format: 'csv', topk: 5, withLogits: false, spill: join(folder, 'spill') } as const;
      await writePredictions(join(folder, `top5-${round}.csv`), predictionsOf(batches, { names, topk: 5, withLogits: false }), table);
    },
    close() {
      console.error(`predict: ${spent.shares(1)} of the work, all threads together`);
      compiled.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

async function* followed(batches: AsyncGenerator<InferredBatch>, spent: TimeSpent): AsyncGenerator<InferredBatch> {
  for await (const batch of batches) {
    spent.add(batch);
    yield batch;
  }
}
