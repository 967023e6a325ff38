import { isNative, nativeBackend, type Attribute, type Binding } from './native.js';
import { tf } from './runtime.js';

/** A batch norm's tensors, each [channels] float32; mean and variance are the running statistics. */
export interface BatchNormTensors {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

export type Normalised = {
  /** [n, height, width, channels] float32. */
  readonly output: tf.Tensor4D;
  /** The new running statistics, [channels] float32. No gradient flows through them. */
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
};

/**
 * Batch norm in training: x [n, height, width, channels] float32 -> the same, with the batch's own mean and biased variance.
 * running = momentum * running + (1 - momentum) * batch, where the batch's variance is the unbiased one, as in PyTorch.
 * `momentum` is above 0 and below 1. Differentiable in x, gamma and beta.
 */
export function batchNormTraining(x: tf.Tensor4D, tensors: BatchNormTensors, epsilon: number, momentum: number): Normalised {
  return isNative() ? fusedBatchNorm(x, tensors, epsilon, momentum) : plainBatchNorm(x, tensors, epsilon, momentum);
}

/** x * sigmoid(x), any shape, float32. Differentiable. */
export function swish<T extends tf.Tensor>(x: T): T {
  return isNative() ? fusedSwish(x) : plainSwish(x);
}

/**
 * [n, height, width, channels] -> [n, 1, 1, channels] float32, the mean of each map. Differentiable: its gradient is the small
 * tensor repeated, where that of tf.mean multiplies and divides whole maps (5 to 9 % of a training step of efficientnet_t1).
 */
export function spatialMean(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  const differentiable = tf.customGrad((...inputs) => ({
    value: tf.mean(inputs[0] as tf.Tensor, [1, 2], true),
    gradFunc: (dy: tf.Tensor) => tf.tile(tf.div(dy, height * width), [1, height, width, 1]),
  }));
  return differentiable(x) as tf.Tensor4D;
}

/** x [..., channels] + bias [channels], float32; without a bias, x itself. Differentiable in x alone. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | undefined): T {
  if (!bias) return x;
  if (!isNative()) return tf.add(x, bias);
  const backend = nativeBackend();
  const type = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }];
  const differentiable = tf.customGrad(() => ({ value: backend.executeSingleOutput('BiasAdd', type, [x, bias]), gradFunc: (dy: tf.Tensor) => dy }));
  return differentiable(x) as T;
}

/** logits [n, classes], targets [n, classes] -> -sum target log softmax(logit), [n] float32. Differentiable in the logits alone. */
export function softmaxCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return isNative() ? fusedCrossEntropy(logits, targets) : plainCrossEntropy(logits, targets);
}

/** Any shape, float32 -> the sum of its squares, in one pass. Not differentiable. */
export function sumOfSquares(x: tf.Tensor): tf.Scalar {
  if (!isNative()) return tf.sum<tf.Scalar>(tf.square(x));
  const backend = nativeBackend();
  const half = backend.executeSingleOutput('L2Loss', [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }], [x]);
  return tf.mul<tf.Scalar>(half, 2);
}

/** `batchNormTraining` in one libtensorflow kernel each way: the one that Keras uses. */
export function fusedBatchNorm(x: tf.Tensor4D, { gamma, beta, mean, variance }: BatchNormTensors, epsilon: number, momentum: number): Normalised {
  const backend = nativeBackend();
  const attributes = batchNormAttributes(backend, epsilon);
  const average = { name: 'exponential_avg_factor', type: backend.binding.TF_ATTR_FLOAT, value: 1 - momentum };
  // Run outside customGrad, whose own scope would end the life of the statistics; the backend records nothing on the tape.
  const [normal, newMean, newVariance, ...reserved] = backend.executeMultipleOutputs(
    'FusedBatchNormV3',
    [...attributes, average],
    [x, gamma, beta, mean, variance],
    6,
  ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor, tf.Tensor, tf.Tensor];
  const differentiable = tf.customGrad((...inputs) => {
    saverOf(inputs)([x, gamma, ...reserved]);
    return {
      value: normal,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, [dy, ...saved], 5).slice(0, 3),
    };
  });
  const output = differentiable(x, gamma, beta) as tf.Tensor4D;
  tf.dispose(reserved);
  return { output, mean: newMean, variance: newVariance };
}

/** `batchNormTraining` in ordinary operations, for every backend. */
export function plainBatchNorm(x: tf.Tensor4D, { gamma, beta, mean, variance }: BatchNormTensors, epsilon: number, momentum: number): Normalised {
  return tf.tidy(() => {
    const batch = tf.moments(x, [0, 1, 2]);
    const output = tf.batchNorm4d(x, batch.mean as tf.Tensor1D, batch.variance as tf.Tensor1D, beta, gamma, epsilon);
    const count = x.size / gamma.size;
    const unbiased = tf.mul(batch.variance, count / Math.max(1, count - 1));
    return { output, mean: blend(mean, batch.mean, momentum), variance: blend(variance, unbiased, momentum) };
  });
}

function blend(running: tf.Tensor1D, batch: tf.Tensor, momentum: number): tf.Tensor1D {
  return tf.add<tf.Tensor1D>(tf.mul(running, momentum), tf.mul(batch, 1 - momentum));
}

/** d(x s) = (s + x s (1 - s)) dx. The factor needs nothing from the way back, so it is worked out beside the forward pass, and is all that is kept. */
export function fusedSwish<T extends tf.Tensor>(x: T): T {
  const backend = nativeBackend();
  const type = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }];
  const differentiable = tf.customGrad((...inputs) => {
    const gate = backend.executeSingleOutput('Sigmoid', type, [x]);
    saverOf(inputs)([backend.executeSingleOutput('AddV2', type, [gate, backend.executeSingleOutput('SigmoidGrad', type, [gate, x])])]);
    return {
      value: backend.executeSingleOutput('Mul', type, [x, gate]),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backend.executeSingleOutput('Mul', type, [dy, saved[0]!]),
    };
  });
  return differentiable(x) as T;
}

export function fusedCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const backend = nativeBackend();
  const type = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }];
  const differentiable = tf.customGrad((...inputs) => {
    const [losses, slopes] = backend.executeMultipleOutputs('SoftmaxCrossEntropyWithLogits', type, [logits, targets], 2); // [n], [n, classes]
    saverOf(inputs)([slopes!]);
    return { value: losses!, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, tf.expandDims(dy, 1)) };
  });
  return differentiable(logits) as tf.Tensor1D;
}

export function plainCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum<tf.Tensor1D>(tf.mul(targets, tf.logSoftmax(logits)), 1));
}

export function plainSwish<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.sigmoid(x));
}

/** customGrad hands over its inputs and then the function that keeps tensors for the way back. */
function saverOf(inputs: readonly (tf.Tensor | tf.GradSaveFunc)[]): tf.GradSaveFunc {
  return inputs.at(-1) as tf.GradSaveFunc;
}

function batchNormAttributes({ binding }: { readonly binding: Binding }, epsilon: number): Attribute[] {
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}
