import { PipelineError } from '../lib/errors.js';
import type { Infer } from '../lib/evaluation/compiled-model.js';
import type { InferredBatch } from '../lib/evaluation/infer-files.js';
import { forwardFeatures, forwardHead } from '../lib/models/efficientnet.js';
import { featureInfo, forwardIntermediates } from '../lib/models/features.js';
import { parsePool } from '../lib/models/pool.js';
import type { Model } from '../lib/models/weights.js';
import { withModel, type ModelCommand } from './model-session.js';
import { EXIT, type Outcome } from './outcome.js';
import { writeLines } from './write-lines.js';

export interface FeaturesCommand extends ModelCommand {
  /** How the last map becomes one row: a pool of timm's; 'none' = the map itself. */
  readonly pool: string;
  /** One of the maps on the way instead of the last one; -1 is the last of them. */
  readonly level?: number;
}

/** What a model sees in images, before its classifier: JSON lines `{ image, shape, values }` on stdout. Maps are [height, width, channels]. */
export async function features(command: FeaturesCommand): Promise<Outcome> {
  return withModel(
    command,
    (model) => inferFeatures(model, command),
    async ({ batches }) => {
      await writeLines(rows(batches), JSON.stringify);
      return { exitCode: EXIT.done };
    },
  );
}

function inferFeatures({ network }: Model, { pool, level }: FeaturesCommand): Infer {
  const mode = { training: false, folded: true } as const;
  if (level === undefined) {
    const pooled = { ...network, pool: parsePool(pool === 'none' ? '' : pool) };
    return (_, tensors, images) => forwardHead(pooled, tensors, forwardFeatures(pooled, tensors, images, mode).features, { preLogits: true });
  }
  if (pool !== 'avg' && pool !== 'none')
    throw new PipelineError('COMMAND_INVALID', `--level ${level} gives a map as it is, so --pool ${pool} has nothing to do.`);
  featureInfo(network, { outIndices: [level] }); // refuses a wrong level before anything is computed
  return (_, tensors, images) =>
    forwardIntermediates(network, tensors, images, { outIndices: [level], intermediatesOnly: true, stopEarly: true, mode }).maps[0]!;
}

async function* rows(batches: AsyncGenerator<InferredBatch>): AsyncGenerator<{ image: string; shape: readonly number[]; values: number[] }> {
  for await (const { files, values, shape } of batches) {
    const size = values.length / files.length;
    for (const [i, image] of files.entries()) yield { image, shape, values: Array.from(values.subarray(i * size, (i + 1) * size)) };
  }
}
