import { PipelineError, quoted } from '../lib/errors.js';
import { classNames, isUnmapped } from '../lib/models/class-names.js';
import type { ModelConfig } from '../lib/models/config.js';
import { forwardFeatures, forwardHead, type Mode } from '../lib/models/efficientnet.js';
import { featureInfo, forwardIntermediates, type FeatureInfo, type IntermediateOptions } from '../lib/models/features.js';
import type { PretrainedConfig } from '../lib/models/pretrained-config.js';
import { outlineNetwork, type Network } from '../lib/models/variants.js';
import { publishFolder } from '../lib/models/export-model.js';
import { saveModel } from '../lib/models/weights.js';
import { tf } from '../lib/tensor/runtime.js';
import { checkImages, checkMap } from './check-images.js';
import { checkAlive, freshVariables, type Variables } from './variables.js';

/** An EfficientNet as timm's `create_model` gives it; tensors are float32, and maps NHWC. */
export interface ClassifierModel {
  /** timm's name of the architecture. */
  readonly name: string;
  readonly numClasses: number;
  /** Of the last map. */
  readonly numFeatures: number;
  /** How images must be made for these weights, and which they are. */
  readonly pretrainedCfg: PretrainedConfig;
  /**
   * A name for each class: the weights' own, ImageNet-1k's where 1000 classes have none, and `<unmapped:INDEX>` for a fresh classifier. May
   * be set, to as many names as there are classes; `save` writes them.
   */
  labels: readonly string[];
  readonly network: Network;
  /** By timm's name, in TensorFlow's layouts. */
  readonly variables: Readonly<Variables>;
  /** For an optimiser's `minimize(…, varList)`. */
  readonly trainableVariables: tf.Variable[];
  /**
   * Images [n, height, width, channels], normalised → logits [n, numClasses]; without a classifier the pooled features, and without a
   * pool the map. `training: true` uses the batch's own statistics and moves the running ones, for a training loop of one's own; dropout
   * and stochastic depth are off in it, as with timm's drop_rate 0, and belong to the pipelines.
   */
  forward(images: tf.Tensor, options?: { readonly training?: boolean }): tf.Tensor;
  /** The last map, before pooling: [n, height/32, width/32, numFeatures]. */
  forwardFeatures(images: tf.Tensor): tf.Tensor4D;
  /** The last map → logits, or with `preLogits` what the classifier would get: [n, numFeatures] for most pools. */
  forwardHead(map: tf.Tensor, options?: { readonly preLogits?: boolean }): tf.Tensor;
  /** Maps on the way, and the last one. */
  forwardIntermediates(
    images: tf.Tensor,
    options?: Omit<IntermediateOptions, 'mode'>,
  ): { readonly final: tf.Tensor4D | undefined; readonly maps: tf.Tensor4D[] };
  featureInfo(options?: Parameters<typeof featureInfo>[1]): FeatureInfo;
  /**
   * A fresh classifier, in place; 0 classes take it away. The pool stays what it was unless one is named, as in timm 1.0.31. Returns this
   * model, which timm's own `reset_classifier` does not.
   */
  resetClassifier(numClasses: number, globalPool?: string): ClassifierModel;
  /**
   * Writes `config.json` and `model.safetensors`, which timm loads as `local-dir:folder`; the folder appears when both are written, and
   * nothing is written over. Only weights that are still those that were loaded keep the tag of those.
   */
  save(folder: string): Promise<void>;
  dispose(): void;
}

export interface ClassifierFacts {
  readonly network: Network;
  readonly tensors: Variables;
  readonly config: ModelConfig;
  readonly labels: readonly string[];
  /** All numbers are those of the weights that `config` speaks of. */
  readonly isPretrained: boolean;
  readonly seed: number;
  readonly outputStride: number;
}

export function classifierOf({ tensors, config, seed, outputStride, isPretrained, ...initial }: ClassifierFacts): ClassifierModel {
  let { network, labels } = initial;
  const { pretrained } = config;
  // Whatever assigns to a variable gives it other memory.
  const loaded = new Map(Object.entries(tensors).map(([name, { dataId }]) => [name, dataId]));
  const isAsLoaded = () => isPretrained && Object.entries(tensors).every(([name, { dataId }]) => loaded.get(name) === dataId); // prettier-ignore
  return {
    get name() {
      return network.name;
    },
    get numClasses() {
      return network.classes;
    },
    get numFeatures() {
      return network.features;
    },
    pretrainedCfg: pretrained,
    get labels() {
      return labels;
    },
    set labels(names) {
      const isRight = Array.isArray(names) && names.length === network.classes && names.every((name) => typeof name === 'string');
      if (!isRight) throw new PipelineError('MODEL_INVALID', `labels is ${quoted(names)}, but must be ${network.classes} names, one for each class.`);
      labels = names;
    },
    get network() {
      return network;
    },
    variables: tensors,
    get trainableVariables() {
      return Object.values(tensors).filter(({ trainable }) => trainable);
    },
    forward(images, { training = false } = {}) {
      checkAlive(network.name, tensors);
      checkImages(images, network);
      const mode: Mode = training ? { training, dropPath: null, dropout: null } : { training };
      return tf.tidy(() => {
        const { features, statistics } = forwardFeatures(network, tensors, images, mode);
        for (const [name, value] of Object.entries(statistics)) tensors[name]!.assign(value);
        return forwardHead(network, tensors, features);
      });
    },
    forwardFeatures(images) {
      checkAlive(network.name, tensors);
      checkImages(images, network);
      return forwardFeatures(network, tensors, images, { training: false }).features;
    },
    forwardHead(map, options) {
      checkAlive(network.name, tensors);
      checkMap(map, network);
      return forwardHead(network, tensors, map, options);
    },
    forwardIntermediates(images, options) {
      checkAlive(network.name, tensors);
      checkImages(images, network);
      return forwardIntermediates(network, tensors, images, options);
    },
    featureInfo: (options) => featureInfo(network, options),
    resetClassifier(numClasses, globalPool = network.pool) {
      const { name, channels } = network;
      checkAlive(name, tensors);
      const next = outlineNetwork(name, { classes: numClasses, channels, pool: globalPool, outputStride });
      for (const part of CLASSIFIER) {
        tensors[part]?.dispose();
        delete tensors[part];
      }
      Object.assign(tensors, freshVariables({ ...next, tensors: next.tensors.filter((tensor) => CLASSIFIER.includes(tensor.name)) }, seed));
      network = next;
      labels = classNames({ labels: [], classes: numClasses });
      return this;
    },
    async save(folder) {
      checkAlive(network.name, tensors);
      if (network.classes === 0 || network.pool !== 'avg') {
        throw new PipelineError(
          'MODEL_INVALID',
          `a folder of timm's holds a model with a classifier and the pool "avg"; this one has ${network.classes} classes and "${network.pool}".`,
        );
      }
      const numbers: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(tensors)) numbers[name] = await tensor.data<'float32'>();
      const tag = isAsLoaded() ? pretrained.tag : '';
      const names = labels === initial.labels ? {} : { labels: labels.every(isUnmapped) ? null : labels, descriptions: {} };
      await publishFolder(folder, (unfinished) => saveModel(unfinished, network, numbers, { ...config, ...names, pretrained: { ...pretrained, tag } }));
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}

const CLASSIFIER = ['classifier.weight', 'classifier.bias'];
