/**
 * What a selection costs: makes a pool of synthetic labels and selects from it in a process of its own, under the
 * database's memory limit. The peak of memory must not follow the number of images.
 *
 *   npx tsx scripts/bench-select.ts [--images 5000000] [--classes 100] [--per-class 5000] [--shards 20] [--balance duplicate]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parquetOptions, text, withDatabase } from '../lib/labels/database.js';
import { selectLabels } from '../lib/labels/select.js';
import type { SelectionSpec } from '../lib/spec/resolved.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '5000000' },
    classes: { type: 'string', default: '100' },
    'per-class': { type: 'string', default: '5000' },
    shards: { type: 'string', default: '20' },
    balance: { type: 'string', default: 'duplicate' },
    /** Set by the script itself: the folder with the shards, in the process that is measured. */
    measure: { type: 'string' },
  },
});
const [images, classes, perClass, shards] = [values.images, values.classes, values['per-class'], values.shards].map(Number) as [number, number, number, number];

if (values.measure === undefined) await bench();
else await measure(values.measure);

async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-bench-'));
  try {
    const started = performance.now();
    for (let shard = 0; shard < shards; shard++) await writeShard(folder, shard);
    console.log(`${images} images, ${classes} classes, ${shards} shards: made in ${seconds(started)} s`);
    execFileSync(process.execPath, [...process.execArgv, import.meta.filename, ...process.argv.slice(2), '--measure', folder], { stdio: 'inherit' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Classes of very different size (half of the images are in the first eighth of them), confidences over the whole range. All
 * numbers follow from the shard: the same pool each time.
 */
async function writeShard(folder: string, shard: number): Promise<void> {
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
      ) TO ${text(join(folder, `labels-${String(shard).padStart(5, '0')}.parquet`))} ${parquetOptions(classes)}`);
  });
}

async function measure(folder: string): Promise<void> {
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const output = join(folder, 'selection');
  mkdirSync(output);
  const statistics = await selectLabels({
    shards: Array.from({ length: shards }, (_, shard) => join(folder, `labels-${String(shard).padStart(5, '0')}.parquet`)),
    previous: null,
    classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    selection: { confidence: 0.5, perClass, balance: values.balance as SelectionSpec['balance'] },
    seed: 1,
    generation: 1,
    hidden: null,
    output,
  });
  const peak = process.resourceUsage().maxRSS / 1024; // kibibytes on every platform
  console.log(
    `selected ${statistics.rows} rows of ${statistics.unique} images in ${seconds(started)} s; peak RSS ${peak.toFixed(0)} MiB, ${(before / 2 ** 20).toFixed(0)} MiB before`,
  );
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
