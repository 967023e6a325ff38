import type { LabellingSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { labelKey } from './keys.js';
import { publishOnce, type PhaseResult } from './publish-once.js';
import type { DeviceDeps } from './train-model.js';

export interface LabelInput {
  /** The student's generation that the labels are for. */
  readonly generation: number;
  readonly labelling: LabellingSpec;
  /** The teacher. */
  readonly model: ArtifactRef;
  readonly dataset: ArtifactRef;
  /** Pool positions from (inclusive) … to (exclusive), and which shard of how many that is, from 1. */
  readonly from: number;
  readonly to: number;
  readonly shard: number;
  readonly shards: number;
}

export interface LabelResult extends PhaseResult {
  readonly images: number;
}

/** Labels one contiguous range of the pool. A shard that was cut off begins again; it takes minutes at most. */
export const labelShard =
  ({ store, clock, device }: DeviceDeps) =>
  async ({ generation, labelling, model, dataset, from, to, shard, shards }: LabelInput): Promise<LabelResult> =>
    attempt('label', async (current) => {
      const { signal, report } = current;
      const key = labelKey(labelling, { from, to }, { model: model.digest, dataset: dataset.digest });
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'label', key }, async (output) => {
        const job = { kind: 'label', model: await store.open(model), dataset: await store.open(dataset), from, to, labelling, output } as const;
        const { meta } = await device.run(job, { signal, onProgress: (progress) => report({ generation, shard, shards, ...progress }) });
        return meta;
      });
      return { ...result, images: to - from };
    });
