import { tf } from '../tensor/runtime.js';
import type { Tensors } from './state.js';
import type { Batch, Masks } from './step.js';

/** What a forward and a backward pass over some images give. */
export interface Differentiated {
  readonly gradients: Tensors;
  /** New running statistics of the batch norms. */
  readonly statistics: Tensors;
  readonly metrics: tf.Tensor1D;
}

/**
 * A batch in `parts` equal parts, one after the other, so that the maps of only one are in memory at a time: the means of their gradients, new
 * statistics and metrics. The loss is a mean over images, so the gradients are those of the whole batch except that each
 * part has batch norms of its own, as on so many devices that share a batch (arXiv:1706.02677, section 3).
 *
 * Labelled rows and the others are split alike, so `parts` divides both counts. What `differentiate` returns is disposed.
 */
export function inMicroBatches(
  { images, targets }: Batch,
  { dropPath, dropout }: Masks,
  { labelledCount, parts }: { readonly labelledCount: number; readonly parts: number },
  differentiate: (batch: Batch, masks: Masks) => Differentiated,
): Differentiated {
  let sum: Differentiated | undefined;
  for (let part = 0; part < parts; part++) {
    const rows = <T extends tf.Tensor>(tensor: T, axis = 0): T => rowsOf(tensor, axis, labelledCount, part, parts);
    const some = { images: after(sum, rows(images)), targets: rows(targets) };
    const next = differentiate(some, { dropPath: dropPath && rows(dropPath, 1), dropout: dropout && rows(dropout) });
    const total: Differentiated = sum ? combine(sum, next, (a, b) => tf.add(a, b)) : combine(next, next, (a) => tf.clone(a));
    for (const done of sum ? [sum, next] : [next]) tf.dispose([Object.values(done.gradients), Object.values(done.statistics), done.metrics]);
    sum = total;
  }
  return combine(sum!, sum!, (total) => tf.div(total, parts));
}

/** The part's labelled rows, then its others. */
function rowsOf<T extends tf.Tensor>(tensor: T, axis: number, labelledCount: number, part: number, parts: number): T {
  const slice = (from: number, count: number): tf.Tensor => {
    const begin = tensor.shape.map((_, i) => (i === axis ? from + (part * count) / parts : 0));
    return tf.slice(
      tensor,
      begin,
      tensor.shape.map((side, i) => (i === axis ? count / parts : side)),
    );
  };
  const pseudoCount = tensor.shape[axis]! - labelledCount;
  const labelled = slice(0, labelledCount);
  return (pseudoCount === 0 ? labelled : tf.concat([labelled, slice(labelledCount, pseudoCount)], axis)) as T;
}

/**
 * The same images, computed only when the part before is through, gradients and all: a graph computes at once whatever waits for nothing. The
 * gradient of the first layer is the last that comes out of a backward pass.
 */
function after<T extends tf.Tensor>(before: Differentiated | undefined, images: T): T {
  if (!before) return images;
  const [first] = Object.values(before.gradients);
  const one = tf.slice(tf.reshape(first!, [-1]), 0, 1); // [1]
  return tf.add<T>(images, tf.mul(one, 0)); // a number that is not finite ends the training anyway
}

function combine(a: Differentiated, b: Differentiated, how: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Differentiated {
  const each = (some: Tensors, others: Tensors): Tensors =>
    Object.fromEntries(Object.entries(some).map(([name, tensor]) => [name, how(tensor, others[name]!)]));
  return { gradients: each(a.gradients, b.gradients), statistics: each(a.statistics, b.statistics), metrics: how(a.metrics, b.metrics) as tf.Tensor1D };
}
