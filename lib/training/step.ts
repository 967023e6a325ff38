import { forward } from '../models/efficientnet.js';
import { normalise } from '../models/normalise.js';
import type { Network } from '../models/variants.js';
import { sumOfSquares } from '../tensor/fused.js';
import { tf } from '../tensor/runtime.js';
import { updateAverage } from './average.js';
import { trainedOf, type Frozen } from './frozen.js';
import { jointLoss } from './loss.js';
import { inMicroBatches, type Differentiated } from './micro-batches.js';
import type { Optimiser, Scalars } from './optimiser.js';
import type { Tensors, TrainState } from './state.js';

/** What is fixed for a whole training. Numbers in here may become constants of a compiled step. */
export interface StepPlan {
  readonly network: Network;
  readonly optimiser: Optimiser;
  readonly frozen: Frozen;
  /** Rows of a batch that are labelled; they come first. */
  readonly labelledCount: number;
  /** Weight of the pseudo-labelled part: see `jointLoss`. */
  readonly unlabelledWeight: number;
  /** Per channel, in 0…1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Parts in which a batch is computed, one after the other: see `inMicroBatches`; absent = 1. It divides the labelled rows and the others. */
  readonly microBatches?: number;
}

export interface Batch {
  /** Bytes (see `bytesTensor`) or float32 [n, size, size, channels] in 0…255: labelled images, then pseudo-labelled ones, noise applied. */
  readonly images: tf.Tensor4D;
  /** float32 [n, classes]; each row a distribution. */
  readonly targets: tf.Tensor2D;
}

/** Drawn outside, so that a step has no randomness of its own. */
export interface Masks {
  /** float32 [blocks, n]: 0 or 1 / survival; null = stochastic depth is off. */
  readonly dropPath: tf.Tensor2D | null;
  /** float32 [n, features]: 0 or 1 / (1 − rate); null = dropout is off. */
  readonly dropout: tf.Tensor2D | null;
}

/** What a step reports, in the order of its metrics vector. */
export const METRICS = ['loss', 'labelledLoss', 'pseudoLoss', 'labelledTop1', 'gradientNorm'] as const;

/**
 * One training step, pure: new tensors come out, nothing that goes in is changed or disposed, and the caller owns both.
 * One forward pass over the whole batch, so that labelled and pseudo-labelled images share the batch norms' statistics.
 *
 * `scalars` holds all that changes from step to step: `rate`, `averageDecay` and what the optimiser's `scalarsAt` names.
 * Nothing is read back in here, so that a recording of one call is a program for every step.
 */
export function trainStep(plan: StepPlan, state: TrainState, batch: Batch, masks: Masks, scalars: Scalars): { state: TrainState; metrics: tf.Tensor1D } {
  return tf.tidy(() => {
    const { frozen, optimiser } = plan;
    const { gradients, statistics, metrics } = differentiate(plan, state, batch, masks);
    const { weights, slots } = optimiser.update(trainedOf(state.weights, frozen), gradients, state.slots, scalars);
    const average = updateAverage(trainedOf(state.average, frozen), { ...weights, ...statistics }, scalars['averageDecay']!);
    const all = tf.concat1d([metrics, tf.reshape(norm(gradients), [1])]); // [5], as METRICS
    metrics.dispose();
    const next = {
      weights: replacing(state.weights, weights),
      statistics: replacing(state.statistics, statistics),
      average: replacing(state.average, average),
    };
    return { state: { ...next, slots }, metrics: all };
  });
}

/** The new tensors, and further handles on those that have none: what is frozen keeps its very bytes. */
function replacing(before: Tensors, after: Tensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(before).map(([name, tensor]) => [name, after[name] ?? tf.clone(tensor)]));
}

function differentiate(plan: StepPlan, state: TrainState, { images, targets }: Batch, masks: Masks): Differentiated {
  const { microBatches: parts = 1, labelledCount } = plan;
  const batch = { images: normalise(images, plan.mean, plan.std), targets }; // [n, size, size, channels]
  if (parts === 1) return differentiateWhole(plan, state, batch, masks);
  const part = { ...plan, labelledCount: labelledCount / parts };
  return inMicroBatches(batch, masks, { labelledCount, parts }, (some, theirs) => differentiateWhole(part, state, some, theirs));
}

/** Forward and back; nothing is derived by what is frozen. The new statistics and the metrics are by-products of the forward pass; they are kept, so the caller disposes them. */
function differentiateWhole({ network, ...plan }: StepPlan, state: TrainState, batch: Batch, masks: Masks): Differentiated {
  const trained = trainedOf(state.weights, plan.frozen);
  const names = Object.keys(trained);
  let statistics: Record<string, tf.Tensor> = {};
  let metrics: tf.Tensor1D | undefined;
  const lossOf = (...weights: tf.Tensor[]): tf.Scalar => {
    const tensors = { ...state.weights, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])), ...state.statistics };
    const passed = forward(network, tensors, batch.images, { training: true, ...masks, frozenNorms: plan.frozen.norm });
    const { loss, labelledLoss, pseudoLoss } = jointLoss(passed.logits, batch.targets, plan.labelledCount, plan.unlabelledWeight);
    const top1 = top1Share(passed.logits, batch.targets, plan.labelledCount);
    // Kept: the scope of the differentiation ends with everything else that was made in it.
    statistics = passed.statistics;
    for (const tensor of Object.values(statistics)) tf.keep(tensor);
    metrics = tf.keep(tf.stack([loss, labelledLoss, pseudoLoss, top1]) as tf.Tensor1D);
    return loss;
  };
  const { grads } = tf.valueAndGrads(lossOf)(Object.values(trained));
  return { gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])), statistics, metrics: metrics! };
}

/** Share of the labelled rows whose largest logit is their target's largest class. */
function top1Share(logits: tf.Tensor2D, targets: tf.Tensor2D, labelledCount: number): tf.Scalar {
  const predicted = tf.argMax(tf.slice(logits, [0, 0], [labelledCount, -1]), 1); // [labelledCount]
  const true_ = tf.argMax(tf.slice(targets, [0, 0], [labelledCount, -1]), 1);
  return tf.mean<tf.Scalar>(tf.cast(tf.equal(predicted, true_), 'float32'));
}

/** Euclidean norm over all tensors together. */
function norm(tensors: Tensors): tf.Scalar {
  return tf.sqrt(tf.addN(Object.values(tensors).map(sumOfSquares)));
}
