import type { LabellingSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { attempt, type Attempt } from './attempt.js';
import { labelKey, shardRange } from './keys.js';
import { publishOnce, type Published } from './publish-once.js';
import type { DeviceDeps } from './train-model.js';

export interface LabelInput {
  /** The student's generation that the labels are for. */
  readonly generation: number;
  readonly labelling: LabellingSpec;
  /** The teacher. */
  readonly model: ArtifactRef;
  readonly dataset: ArtifactRef;
  /** Of the pool. */
  readonly images: number;
  /** Shards to label, both inclusive, and of how many: 0 … shards − 1. */
  readonly first: number;
  readonly last: number;
  readonly shards: number;
}

export interface LabelResult {
  readonly shards: number;
  readonly reused: number;
  /** Of the original computation, summed over the shards. */
  readonly seconds: number;
}

/**
 * Labels neighbouring shards of the pool, each an artifact of its own: a shard is published while the device labels the next.
 * A shard that was cut off begins again; those that were published are found.
 */
export const labelShards =
  (deps: DeviceDeps) =>
  async (input: LabelInput): Promise<LabelResult> =>
    attempt('label', async (current) => {
      const inTurn = oneAtATime();
      const shards = Array.from({ length: input.last - input.first + 1 }, (_, i) => labelOne(input, input.first + i, current, deps, inTurn));
      const published = await allEnded(shards);
      return {
        shards: published.length,
        reused: published.filter(({ reused }) => reused).length,
        seconds: published.reduce((sum, { seconds }) => sum + seconds, 0),
      };
    });

async function labelOne(input: LabelInput, index: number, current: Attempt, { store, clock, device }: DeviceDeps, inTurn: InTurn): Promise<Published> {
  const { generation, labelling, model, dataset, images, shards } = input;
  const { from, to } = shardRange(labelling, images, index);
  const key = labelKey(labelling, { from, to }, { model: model.digest, dataset: dataset.digest });
  const onProgress = (progress: object): void => current.report({ generation, shard: index + 1, shards, ...progress });
  return publishOnce(current, { store, clock }, { phase: 'label', key }, async ({ output, signal }) => {
    const folders = { model: await store.open(model), dataset: await store.open(dataset), output };
    return inTurn(async () => {
      const started = clock(); // the shards before are not counted again
      const { meta } = await device.run({ kind: 'label', from, to, labelling, ...folders }, { signal, onProgress });
      return { seconds: (clock() - started) / 1000, ...meta };
    });
  });
}

type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Works wait for one another; after one that failed, those behind it fail with its error and do not begin. */
function oneAtATime(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine;
    return mine;
  };
}

/** Waits for all, also where one fails: what is being published would else go on behind the attempt's back. */
async function allEnded<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  const outcomes = await Promise.allSettled(works);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
