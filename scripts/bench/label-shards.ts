import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetOptions, text, withDatabase } from '../../lib/labels/database.js';

export interface LabelledPool {
  readonly images: number;
  readonly classes: number;
  readonly shards: number;
}

/**
 * Labels of a pool that no teacher ever saw, as labelling writes them; the paths of the shards. Classes of very different size
 * (half of the images are in the first eighth of them), confidences over the whole range. All numbers follow from the shard:
 * the same pool each time.
 */
export async function writeLabelShards(folder: string, pool: LabelledPool): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const files = Array.from({ length: pool.shards }, (_, shard) => join(folder, `labels-${String(shard).padStart(5, '0')}.parquet`));
  for (const [shard, file] of files.entries()) await writeShard(folder, file, shard, pool);
  return files;
}

async function writeShard(folder: string, file: string, shard: number, { images, classes, shards }: LabelledPool): Promise<void> {
  const [from, to] = [Math.round((shard * images) / shards), Math.round(((shard + 1) * images) / shards)];
  await withDatabase(join(folder, 'spill'), async (connection) => {
    await connection.run(`SELECT setseed(${shard / shards})`);
    await connection.run(`
      COPY (
        SELECT position, 'pool/' || position || '.jpg' AS id, label, confidence,
          list_transform(range(${classes}), lambda c: CASE WHEN c = label THEN confidence ELSE ((1 - confidence) / ${Math.max(1, classes - 1)})::FLOAT END) AS probabilities
        FROM (
          SELECT range::UINTEGER AS position, floor(${classes} * pow(random(), 3))::USMALLINT AS label, sqrt(random())::FLOAT AS confidence
          FROM range(${from}, ${to})
        ) ORDER BY position
      ) TO ${text(file)} ${parquetOptions(classes)}`);
  });
}
