import { PipelineError } from '../errors.js';
import { depthwise } from '../tensor/depthwise.js';
import { batchNormTraining, spatialMean, swish } from '../tensor/fused.js';
import { pointwise } from '../tensor/pointwise.js';
import { tf } from '../tensor/runtime.js';
import type { Block, Network } from './outline.js';

/** The tensors that layers read by timm's name, and where a batch norm in training puts its new running statistics. */
export interface Layers {
  readonly network: Network;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  readonly training: boolean;
  readonly statistics: Record<string, tf.Tensor>;
}

/** Images [n, h, w, channels] -> [n, h/2, w/2, stem]. */
export function stem(images: tf.Tensor4D, layers: Layers): tf.Tensor4D {
  const { padding } = layers.network;
  const x = tf.conv2d(pad(images, 3, 2, layers), read<tf.Tensor4D>('conv_stem.weight', layers), 2, tensorFlowPadding(padding));
  return swish(batchNorm(x, 'bn1', layers));
}

/**
 * [n, h, w, in] -> [n, h/stride, w/stride, out]: expand, filter each channel, weigh the channels, project, add the input.
 * `kept` [n, 1, 1, 1] multiplies the branch of each image, with 0 or 1 / survival; null keeps every branch as it is.
 */
export function mbConv(input: tf.Tensor4D, block: Block, layers: Layers, kept: tf.Tensor4D | null): tf.Tensor4D {
  const { name, expand, skip } = block;
  const norms = expand === 1 ? ['bn1', 'bn2'] : ['bn1', 'bn2', 'bn3'];
  const nextNorm = (x: tf.Tensor4D) => batchNorm(x, `${name}.${norms.shift()}`, layers);

  let x = input;
  if (expand > 1) x = swish(nextNorm(convolution(x, `${name}.conv_pw`, layers))); // [n, h, w, mid]
  x = swish(nextNorm(filterEach(x, block, layers))); // [n, h/stride, w/stride, mid]
  x = tf.mul(x, channelWeights(x, name, layers));
  x = nextNorm(convolution(x, expand > 1 ? `${name}.conv_pwl` : `${name}.conv_pw`, layers)); // [n, h/stride, w/stride, out]
  if (!skip) return x;
  return tf.add(kept ? tf.mul(x, kept) : x, input);
}

/** [n, h, w, c] -> [n, h, w, features]. */
export function head(x: tf.Tensor4D, layers: Layers): tf.Tensor4D {
  return swish(batchNorm(convolution(x, 'conv_head', layers), 'bn2', layers));
}

/** [n, h, w, features] -> logits [n, classes]. `kept` [n, features] multiplies the pooled features; null keeps them as they are. */
export function classify(map: tf.Tensor4D, layers: Layers, kept: tf.Tensor2D | null): tf.Tensor2D {
  const pooled = tf.reshape(spatialMean(map), [map.shape[0], map.shape[3]]) as tf.Tensor2D; // [n, features]
  const features = kept ? tf.mul<tf.Tensor2D>(pooled, kept) : pooled;
  return tf.add(tf.matMul(features, read<tf.Tensor2D>('classifier.weight', layers)), read('classifier.bias', layers));
}

/** Squeeze and excitation: the map's mean -> a weight between 0 and 1 for each channel, [n, 1, 1, mid]. */
function channelWeights(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  const mean = spatialMean(x); // [n, 1, 1, mid]
  const reduced = swish(biased(mean, `${name}.se.conv_reduce`, layers)); // [n, 1, 1, reduced]
  return tf.sigmoid(biased(reduced, `${name}.se.conv_expand`, layers));
}

function biased(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  return tf.add(convolution(x, name, layers), read(`${name}.bias`, layers));
}

function filterEach(x: tf.Tensor4D, { name, kernel, stride }: Block, layers: Layers): tf.Tensor4D {
  const padding = stride === 1 ? 'same' : layers.network.padding;
  return depthwise(pad(x, kernel, stride, layers), read<tf.Tensor4D>(`${name}.conv_dw.weight`, layers), stride, tensorFlowPadding(padding));
}

/** 1 x 1. */
function convolution(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  return pointwise(x, read<tf.Tensor4D>(`${name}.weight`, layers));
}

/** With stride 1 and an odd kernel both rules pad (kernel - 1) / 2, so only strided convolutions need their own padding. */
function pad(x: tf.Tensor4D, kernel: number, stride: number, { network }: Layers): tf.Tensor4D {
  if (stride === 1 || network.padding === 'same') return x;
  const side = (kernel - 1) >> 1;
  return tf.pad(x, [
    [0, 0],
    [side, side],
    [side, side],
    [0, 0],
  ]);
}

function tensorFlowPadding(padding: Network['padding']): 'same' | 'valid' {
  return padding === 'same' ? 'same' : 'valid';
}

function batchNorm(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  const { network, training, statistics } = layers;
  const [gamma, beta] = [read<tf.Tensor1D>(`${name}.weight`, layers), read<tf.Tensor1D>(`${name}.bias`, layers)];
  const [mean, variance] = [read<tf.Tensor1D>(`${name}.running_mean`, layers), read<tf.Tensor1D>(`${name}.running_var`, layers)];
  if (!training) return tf.batchNorm4d(x, mean, variance, beta, gamma, network.epsilon);
  const normalised = batchNormTraining(x, { gamma, beta, mean, variance }, network.epsilon, network.momentum);
  statistics[`${name}.running_mean`] = normalised.mean;
  statistics[`${name}.running_var`] = normalised.variance;
  return normalised.output;
}

function read<T extends tf.Tensor>(name: string, { network, tensors }: Layers): T {
  const tensor = tensors[name];
  if (!tensor)
    throw new PipelineError('WEIGHTS_INVALID', `${network.name} needs the tensor "${name}", but it is not among the ${Object.keys(tensors).length} given.`);
  return tensor as T;
}
