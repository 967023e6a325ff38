import { PipelineError, quoted } from '../errors.js';
import { tf } from '../tensor/runtime.js';
import { head } from './blocks.js';
import { layersOf, passBlocks, replace, type Mode, type Tensors } from './efficientnet.js';
import { everyStage, type Level } from './levels.js';
import type { Network } from './outline.js';

const LOCATIONS = ['bottleneck', 'expansion'] as const;
/** 'bottleneck' = a block's output; 'expansion' = the wide map before its projection, after squeeze-and-excitation. */
export type FeatureLocation = (typeof LOCATIONS)[number];

/** Whole numbers from 0, or from -1 for the last one and on to the front; one number alone = that many of the last ones. Without it all. */
export type Indices = number | readonly number[];

/** What timm's `feature_info` says of the maps that `outIndices` names, from the largest map to the smallest. */
export interface FeatureInfo {
  channels(): number[];
  /** How many times smaller than the image each map is. */
  reduction(): number[];
  /** timm's module whose output (for 'expansion': whose input) each map is. */
  moduleName(): string[];
}

/** timm's `features_only`: the same network without `conv_head`, its norm and the classifier, and without a pool. */
export function featuresOnly(network: Network): Network {
  const features = network.blocks.at(-1)?.out ?? network.stem;
  const tensors = network.tensors.filter(({ name }) => !/^(conv_head|bn2|classifier)\./.test(name));
  return { ...network, classes: 0, pool: '', head: false, features, pooled: features, tensors };
}

/** Throws MODEL_INVALID for an index outside of the levels. */
export function featureInfo(
  network: Network,
  { outIndices, location = 'bottleneck' }: { readonly outIndices?: Indices | undefined; readonly location?: FeatureLocation } = {},
): FeatureInfo {
  const levels = pick(network, network.levels, outIndices);
  if (!LOCATIONS.includes(location)) {
    throw new PipelineError('MODEL_INVALID', `a feature location is ${quoted(location)}, but must be ${LOCATIONS.map((known) => `'${known}'`).join(' or ')}.`);
  }
  return {
    channels: () => levels.map(({ channels, expanded }) => (location === 'expansion' ? expanded : channels)),
    reduction: () => levels.map(({ reduction }) => reduction),
    moduleName: () => levels.map(({ module, expansion }) => (location === 'expansion' ? expansion : module)),
  };
}

export interface IntermediateOptions {
  /** Which maps: levels (see `Network.levels`), or with `extraBlocks` the stem and every stage. */
  readonly outIndices?: Indices | undefined;
  readonly extraBlocks?: boolean;
  readonly location?: FeatureLocation;
  /** Stages behind the last map wanted are not computed; `final` is then that stage's map. In training they yield no statistics. */
  readonly stopEarly?: boolean;
  /** The head is not computed and `final` is undefined. */
  readonly intermediatesOnly?: boolean;
  /** Inference unless said. */
  readonly mode?: Mode;
}

export type Intermediates = {
  /** As `forwardFeatures` gives it; the very tensor of the last map where nothing comes after that. */
  readonly final: tf.Tensor4D | undefined;
  /** [n, height/reduction, width/reduction, channels] float32 each, as `featureInfo` lists them. */
  readonly maps: tf.Tensor4D[];
  readonly statistics: Record<string, tf.Tensor>;
};

/**
 * Images as for `forward` -> maps on the way, from the largest to the smallest and each once, whatever the order of `outIndices` (in
 * timm too, where only `feature_info` keeps their order). Serves a whole network and one of `featuresOnly`. Pure and
 * differentiable; the outputs belong to the caller. Throws MODEL_INVALID for an index outside, WEIGHTS_INVALID for a missing tensor.
 */
export function forwardIntermediates(network: Network, tensors: Tensors, images: tf.Tensor4D, options: IntermediateOptions = {}): Intermediates {
  const { outIndices, extraBlocks = false, location = 'bottleneck', stopEarly = false, intermediatesOnly = false, mode = { training: false } } = options;
  const all = extraBlocks ? everyStage(network) : network.levels;
  const wanted = pick(network, all, outIndices);
  const names = wanted.map(({ module, expansion }) => (location === 'expansion' ? expansion : module));
  const last = wanted.at(-1)?.stage ?? 0;
  const blocks = stopEarly ? network.blocks.filter(({ stage }) => stage < last) : network.blocks;
  return tf.tidy(() => {
    const layers = layersOf(network, tensors, mode, new Set(names));
    const x = passBlocks(images, blocks, layers, mode);
    const hasHead = network.head && blocks.length === network.blocks.length && !intermediatesOnly;
    const final = hasHead ? replace(x, layers, head) : x;
    const maps = names.map((name) => layers.taken!.maps[name]!);
    return { final: intermediatesOnly ? undefined : final, maps, statistics: layers.statistics };
  });
}

/** The levels of some indices, in the network's order, each once. */
function pick({ name }: Network, levels: readonly Level[], indices: Indices = levels.length): Level[] {
  const refuse = (found: string, allowed: string): never => {
    throw new PipelineError('MODEL_INVALID', `${name} has ${levels.length} feature maps, and ${found}, but ${allowed}.`);
  };
  const count = levels.length;
  if (typeof indices === 'number') {
    if (!Number.isSafeInteger(indices) || indices < 1 || indices > count) refuse(`the last ${indices} are asked for`, `it must be 1 to ${count} of them`);
    return levels.slice(-indices);
  }
  if (!Array.isArray(indices)) refuse(`${quoted(indices)} is asked for`, 'outIndices is a number or an array of them');
  if (indices.length === 0) refuse('none is asked for', `at least one index of ${-count} to ${count - 1} is needed`);
  const outside = indices.filter((index) => !Number.isSafeInteger(index) || index < -count || index >= count);
  if (outside.length > 0) refuse(`index ${outside.join(', ')} is asked for`, `an index is a whole number from ${-count} to ${count - 1}`);
  const wanted = new Set(indices.map((index) => (index < 0 ? count + index : index)));
  return levels.filter((_, index) => wanted.has(index));
}
