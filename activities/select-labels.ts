import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../lib/errors.js';
import type { Dataset } from '../lib/data/dataset.js';
import { inOrder } from '../lib/data/in-order.js';
import type { SelectionStatistics } from '../lib/labels/selection-statistics.js';
import type { LabellingSpec, SelectionSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef, ArtifactStore } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { labelKey, selectKey, shardRange } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

export interface SelectLabelsInput {
  readonly seed: number;
  readonly generation: number;
  readonly selection: SelectionSpec;
  readonly labels: LabelSource;
  /** The labels of the generation before, to tell what changed; null for the first student. */
  readonly before: LabelSource | null;
  readonly dataset: ArtifactRef;
  /** Of the pool. */
  readonly images: number;
  /** For the statistics alone; null where the source has none. */
  readonly hiddenLabels: ArtifactRef | null;
}

/** Which shards: their keys follow from the teacher, the labelling and the pool, so no list of them has to travel. */
export interface LabelSource {
  readonly model: ArtifactRef;
  readonly labelling: LabellingSpec;
  /** The same images at the size at which they were labelled, where that is another than the selection's data set has. */
  readonly dataset?: ArtifactRef;
}

export interface SelectResult extends PhaseResult {
  readonly pool: {
    readonly images: number;
    /** Rows of the selection: an image counts as often as it is repeated. */
    readonly kept: number;
    readonly unique: number;
    /** Share of the pool whose pseudo-label is the true one; absent without hidden labels. */
    readonly labelAccuracy?: number;
  };
}

/** Chooses what of the labelled pool a student sees. */
export const selectLabels =
  ({ store, clock }: PublishDeps) =>
  async ({ seed, generation, selection, labels, before, dataset, images, hiddenLabels }: SelectLabelsInput): Promise<SelectResult> =>
    attempt('select', async (current) => {
      const now = await findShards(store, labels, dataset, images);
      const then = before && (await findShards(store, before, dataset, images));
      const digests = { labels: now.digests, before: then?.digests ?? null, hidden: hiddenLabels?.digest ?? null, dataset: dataset.digest };
      const key = selectKey(seed, generation, selection, digests);
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'select', key }, async ({ output }) => {
        current.report({ generation, shards: now.files.length });
        const { classes } = await readJson<Dataset>(await store.open(dataset), 'dataset.json');
        const hidden = hiddenLabels && (await store.open(hiddenLabels));
        // DuckDB is loaded by the first selection: a worker starts without it.
        const { selectLabels: select } = await import('../lib/labels/select.js');
        await select({ shards: now.files, previous: then?.files ?? null, classes, selection, seed, generation, hidden, output });
        return {};
      });
      return { ...result, pool: poolOf(await readJson<SelectionStatistics>(await store.open(result.artifact), 'statistics.json')) };
    });

function poolOf({ images, rows: kept, unique, accuracy }: SelectionStatistics): SelectResult['pool'] {
  const labelAccuracy = accuracy?.pool ?? null;
  return { images, kept, unique, ...(labelAccuracy !== null && { labelAccuracy }) };
}

interface Shards {
  readonly digests: readonly string[];
  /** Paths of their `labels.parquet`. */
  readonly files: readonly string[];
}

async function findShards(store: ArtifactStore, { model, labelling, dataset: own }: LabelSource, dataset: ArtifactRef, images: number): Promise<Shards> {
  const digests: string[] = [];
  const files: string[] = [];
  const ranges = Array.from({ length: Math.ceil(images / labelling.shard) }, (_, i) => shardRange(labelling, images, i));
  const shards = inOrder(ranges, LOOK_UPS, async ({ from, to }) => {
    const key = labelKey(labelling, { from, to }, { model: model.digest, dataset: (own ?? dataset).digest });
    const shard = await store.find('label', key);
    if (shard === undefined) throw missingShard(from, to, key);
    return { digest: shard.digest, folder: await store.open(shard) };
  });
  for (const shard of shards) {
    const { digest, folder } = await shard;
    digests.push(digest);
    files.push(join(folder, 'labels.parquet'));
  }
  return { digests, files };
}

/** At a time: a store may be far away. */
const LOOK_UPS = 16;

function missingShard(from: number, to: number, key: string): PipelineError {
  return new PipelineError('ARTIFACT_MISSING', `the labels of the pool images ${from} to ${to - 1} are not in the store · they have to be made again`, {
    evidence: { key, from, to },
  });
}

async function readJson<T>(folder: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as T;
}
