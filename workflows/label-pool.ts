import { CancellationScope, continueAsNew, setCurrentDetails, setWorkflowOptions } from '@temporalio/workflow';
import type { LabelInput } from '../activities/label-shards.js';
import type { LabellingSpec } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { call } from './call.js';
import { SHARDS_PER_EXECUTION, shardsPerActivity, WINDOW } from './options.js';
import { pinned } from './pinned.js';
import type { Queues } from './queues.js';
import { withState } from './states.js';

export interface LabelPoolInput {
  readonly generation: number;
  readonly labelling: LabellingSpec;
  readonly model: ArtifactRef;
  readonly dataset: ArtifactRef;
  /** Images of the pool. */
  readonly images: number;
  readonly queues: Queues;
  readonly window?: number;
  readonly shardsPerExecution?: number;
}

/**
 * Shards done. Their references are not collected: whoever needs a shard derives its key from the same inputs, so
 * what this carries from execution to execution has one size however large the pool is.
 */
export interface LabelPoolResult {
  readonly shards: number;
  readonly reused: number;
  /** Of the original computation, summed over the shards. */
  readonly seconds: number;
}

/** Labels the pool in shards, a window of activities in flight, and continues as new before its history grows long. */
export async function labelPool(input: LabelPoolInput, done: LabelPoolResult = { shards: 0, reused: 0, seconds: 0 }): Promise<LabelPoolResult> {
  return withState(async () => {
    const shards = Math.ceil(input.images / input.labelling.shard);
    const last = Math.min(shards, done.shards + (input.shardsPerExecution ?? SHARDS_PER_EXECUTION));
    const result = await labelShards(input, done, { last, shards });
    if (last < shards) await continueAsNew<typeof labelPool>(input, result);
    return result;
  });
}

setWorkflowOptions(pinned, labelPool);

/** Labels the shards from `done.shards` to `last` (exclusive) of `shards`, and counts on from `done`. */
async function labelShards(input: LabelPoolInput, done: LabelPoolResult, { last, shards }: { last: number; shards: number }): Promise<LabelPoolResult> {
  let next = done.shards;
  let { shards: finished, reused, seconds } = done;

  /** Takes the next shards until there are none: so many lanes, so many activities in flight. */
  async function lane(): Promise<void> {
    while (next < last) {
      const first = next;
      next = Math.min(last, first + shardsPerActivity(shards));
      const result = await labelSome(input, { first, last: next - 1, shards });
      finished += result.shards;
      reused += result.reused;
      seconds += result.seconds;
      setCurrentDetails(`${finished} of ${shards} shards labelled, ${reused} of them found in the store`);
    }
  }
  await allOrNone(Array.from({ length: input.window ?? WINDOW }, () => lane));
  return { shards: finished, reused, seconds };
}

function labelSome({ generation, labelling, model, dataset, images, queues }: LabelPoolInput, range: Pick<LabelInput, 'first' | 'last' | 'shards'>) {
  const { first, last, shards } = range;
  const summary = first === last ? `shard ${first + 1}/${shards}` : `shards ${first + 1}–${last + 1}/${shards}`;
  return call('labelShards', queues, summary, { generation, labelling, model, dataset, images, ...range });
}

/** The first failure cancels the other lanes, and is thrown when all of them have ended. */
async function allOrNone(lanes: readonly (() => Promise<void>)[]): Promise<void> {
  let failure: unknown;
  await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    const started = lanes.map((lane) =>
      lane().catch((error: unknown) => {
        failure ??= error;
        scope.cancel();
      }),
    );
    await Promise.all(started);
  });
  if (failure !== undefined) throw failure;
}
