import { softmaxCrossEntropy } from '../tensor/fused.js';
import { tf } from '../tensor/runtime.js';

export interface JointLoss {
  /** (labelled + weight · pseudo) / (1 + weight); the labelled part alone where a batch has no pseudo rows. */
  readonly loss: tf.Scalar;
  readonly labelledLoss: tf.Scalar;
  readonly pseudoLoss: tf.Scalar;
}

/**
 * Both parts of a joint batch: the first `labelledCount` rows are labelled, the others pseudo-labelled.
 * Each part is a mean over its rows, so `weight` says what a part counts, whatever the ratio of their sizes.
 *
 * @param logits float32 [n, classes]
 * @param targets float32 [n, classes], each row a distribution (hard, smoothed or soft)
 */
export function jointLoss(logits: tf.Tensor2D, targets: tf.Tensor2D, labelledCount: number, weight: number): JointLoss {
  const rows = softmaxCrossEntropy(logits, targets); // [n]
  const pseudoCount = logits.shape[0] - labelledCount;
  const labelledLoss = tf.mean<tf.Scalar>(tf.slice(rows, 0, labelledCount));
  if (pseudoCount === 0) return { loss: labelledLoss, labelledLoss, pseudoLoss: tf.zerosLike(labelledLoss) };

  const pseudoLoss = tf.mean<tf.Scalar>(tf.slice(rows, labelledCount, pseudoCount));
  const sum = tf.add(labelledLoss, tf.mul(pseudoLoss, weight));
  return { loss: tf.div<tf.Scalar>(sum, 1 + weight), labelledLoss, pseudoLoss };
}

/**
 * True labels → distributions float32 [n, classes], row-major: 1 − smoothing + smoothing / classes on the label and
 * smoothing / classes elsewhere (Szegedy et al. 2016, as in timm). Pseudo-labels are never smoothed.
 */
export function labelTargets(labels: ArrayLike<number>, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  for (let row = 0; row < labels.length; row++) targets[row * classes + labels[row]!]! += 1 - smoothing;
  return targets;
}
