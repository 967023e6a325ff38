import { PipelineError } from '../errors.js';
import { depthwise } from '../tensor/depthwise.js';
import { dilatedDepthwise } from '../tensor/dilated-depthwise.js';
import { addBias, batchNormTraining, spatialMean, swish } from '../tensor/fused.js';
import { pointwise } from '../tensor/pointwise.js';
import { tf } from '../tensor/runtime.js';
import type { Block, Network } from './outline.js';

/** The tensors that layers read by timm's name, and where a batch norm in training puts its new running statistics. */
export interface Layers {
  readonly network: Network;
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  readonly training: boolean;
  /** Batch norms are part of the convolutions before them: see `foldNorms`. */
  readonly folded: boolean;
  /** Batch norms that use their running statistics in training too, and leave them as they are. */
  readonly frozenNorms?: (norm: string) => boolean;
  readonly statistics: Record<string, tf.Tensor>;
  readonly taken?: Taken;
}

/** Maps on the way that somebody wants: which ones, by timm's module (see `Level`), and those that were passed. */
export interface Taken {
  readonly names: ReadonlySet<string>;
  readonly maps: Record<string, tf.Tensor4D>;
}

/** Images [n, h, w, channels] -> [n, h/2, w/2, stem]. */
export function stem(images: tf.Tensor4D, layers: Layers): tf.Tensor4D {
  const filter = read<tf.Tensor4D>('conv_stem.weight', layers);
  const x = pad(images, 3, 2, layers);
  return swish(normalised((bias) => addBias(tf.conv2d(x, filter, 2, tensorFlowPadding(layers.network.padding)), bias), 'bn1', layers));
}

/**
 * [n, h, w, in] -> [n, h/stride, w/stride, out]: expand, filter each channel, weigh the channels, project, add the input.
 * `kept` [n, 1, 1, 1] multiplies the branch of each image, with 0 or 1 / survival; null keeps every branch as it is.
 */
export function mbConv(input: tf.Tensor4D, block: Block, layers: Layers, kept: tf.Tensor4D | null): tf.Tensor4D {
  const { name, expand, skip } = block;
  const norms = expand === 1 ? ['bn1', 'bn2'] : ['bn1', 'bn2', 'bn3'];
  const project = (x: tf.Tensor4D, convolution: string) =>
    normalised((bias) => pointwise(x, read<tf.Tensor4D>(`${name}.${convolution}.weight`, layers), bias), `${name}.${norms.shift()}`, layers);

  let x = input;
  if (expand > 1) x = swish(project(x, 'conv_pw')); // [n, h, w, mid]
  x = swish(filterEach(x, block, `${name}.${norms.shift()}`, layers)); // [n, h/stride, w/stride, mid]
  x = tf.mul(x, channelWeights(x, name, layers));
  const projection = expand > 1 ? 'conv_pwl' : 'conv_pw';
  take(`${name}.${projection}`, x, layers);
  x = project(x, projection); // [n, h/stride, w/stride, out]
  if (!skip) return x;
  return tf.add(kept ? tf.mul(x, kept) : x, input);
}

/** [n, h, w, c] -> [n, h, w, features]. */
export function head(x: tf.Tensor4D, layers: Layers): tf.Tensor4D {
  return swish(normalised((bias) => pointwise(x, read<tf.Tensor4D>('conv_head.weight', layers), bias), 'bn2', layers));
}

/** Features [n, pooled] -> logits [n, classes]. */
export function classify(features: tf.Tensor2D, layers: Layers): tf.Tensor2D {
  return tf.add(tf.matMul(features, read<tf.Tensor2D>('classifier.weight', layers)), read('classifier.bias', layers));
}

/** Puts a map aside where somebody wants it. */
export function take(name: string, map: tf.Tensor4D, { taken }: Layers): void {
  if (taken?.names.has(name)) taken.maps[name] = map;
}

/** Squeeze and excitation: the map's mean -> a weight between 0 and 1 for each channel, [n, 1, 1, mid]. */
function channelWeights(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  const mean = spatialMean(x); // [n, 1, 1, mid]
  const reduced = swish(biased(mean, `${name}.se.conv_reduce`, layers)); // [n, 1, 1, reduced]
  return tf.sigmoid(biased(reduced, `${name}.se.conv_expand`, layers));
}

function biased(x: tf.Tensor4D, name: string, layers: Layers): tf.Tensor4D {
  return pointwise(x, read<tf.Tensor4D>(`${name}.weight`, layers), read<tf.Tensor1D>(`${name}.bias`, layers));
}

function filterEach(x: tf.Tensor4D, { name, kernel, stride, dilation }: Block, norm: string, layers: Layers): tf.Tensor4D {
  const filter = read<tf.Tensor4D>(`${name}.conv_dw.weight`, layers);
  // Both rules of padding put dilation * (kernel - 1) / 2 on every side where nothing is strided.
  if (dilation > 1) return normalised((bias) => addBias(dilatedDepthwise(x, filter, dilation), bias), norm, layers);
  const padding = tensorFlowPadding(stride === 1 ? 'same' : layers.network.padding);
  const padded = pad(x, kernel, stride, layers);
  return normalised((bias) => addBias(depthwise(padded, filter, stride, padding), bias), norm, layers);
}

/** A convolution and the batch norm behind it; where norms are folded, the convolution with a bias. */
function normalised(convolve: (bias?: tf.Tensor1D) => tf.Tensor4D, norm: string, layers: Layers): tf.Tensor4D {
  return layers.folded ? convolve(read<tf.Tensor1D>(`${norm}.bias`, layers)) : batchNorm(convolve(), norm, layers);
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
  const { network, training, statistics, frozenNorms } = layers;
  const [gamma, beta] = [read<tf.Tensor1D>(`${name}.weight`, layers), read<tf.Tensor1D>(`${name}.bias`, layers)];
  const [mean, variance] = [read<tf.Tensor1D>(`${name}.running_mean`, layers), read<tf.Tensor1D>(`${name}.running_var`, layers)];
  if (!training || frozenNorms?.(name) === true) return tf.batchNorm4d(x, mean, variance, beta, gamma, network.epsilon);
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
