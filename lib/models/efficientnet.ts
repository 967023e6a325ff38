import { PipelineError } from '../errors.js';
import { tf } from '../tensor/runtime.js';
import { classify, head, mbConv, stem, take, type Layers } from './blocks.js';
import type { Block, Network } from './outline.js';
import { POOLS } from './pool.js';
import type { Weights } from './weights.js';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Numbers by timm's name as tensors, for `forward`; a folded norm has fewer (see `foldNorms`). The caller owns them. */
export function tensorsFrom({ tensors }: Network, weights: Weights): Tensors {
  return Object.fromEntries(tensors.flatMap(({ name, shape }) => (weights[name] ? [[name, tf.tensor(weights[name], [...shape], 'float32')]] : [])));
}

/**
 * Inference uses the running statistics and no noise; `folded` says that the tensors are those of `foldNorms`.
 * In training both masks come from the caller: nothing is drawn here.
 */
export type Mode =
  | { readonly training: false; readonly folded?: boolean }
  | {
      readonly training: true;
      /** [blocks, n] float32, 0 or 1 / survival of the block; rows of blocks without a skip are not read. null = no branch is dropped. */
      readonly dropPath: tf.Tensor2D | null;
      /** [n, pooled] float32, 0 or 1 / (1 - rate). null = no feature is dropped. */
      readonly dropout: tf.Tensor2D | null;
      /**
       * Batch norms, by timm's name ('bn1', 'blocks.2.0.bn1'), that use their running statistics as in inference, and yield no new
       * ones. Their scale and shift are trained like any other. Without it no norm is frozen.
       */
      readonly frozenNorms?: (norm: string) => boolean;
    };

/** In training, `statistics` holds the new `running_mean` and `running_var` of every batch norm by timm's name; in inference nothing. */
export type Forward = { readonly logits: tf.Tensor2D; readonly statistics: Record<string, tf.Tensor> };
export type Features = { readonly features: tf.Tensor4D; readonly statistics: Record<string, tf.Tensor> };

/**
 * Images [n, height, width, channels] float32, normalised -> logits [n, classes] float32; with 0 classes the pooled features [n, pooled].
 * `tensors` are the network's, by timm's name, in TensorFlow's layouts. Pure and differentiable in them; the outputs belong
 * to the caller's scope (so inside tf.variableGrads, tf.keep the statistics), and nothing else is left.
 * Throws WEIGHTS_INVALID if a tensor is missing, MODEL_INVALID for a network without a pool, whose output is a map.
 */
export function forward(network: Network, tensors: Tensors, images: tf.Tensor4D, mode: Mode): Forward {
  if (network.pool === '')
    throw new PipelineError(
      'MODEL_INVALID',
      `${network.name} has no pool, so it gives a map and no row for each image; use forwardFeatures, and forwardHead after it.`,
    );
  return tf.tidy(() => {
    const { features, statistics } = forwardFeatures(network, tensors, images, mode);
    const dropout = mode.training ? mode.dropout : null;
    return { logits: forwardHead(network, tensors, features, { dropout }) as tf.Tensor2D, statistics };
  });
}

/**
 * Images as for `forward` -> the last map, before pooling: [n, height/32, width/32, features] for the B rows, or as far down as
 * the network's output stride allows. It comes after the head's swish, or from the last block where the network has no head.
 */
export function forwardFeatures(network: Network, tensors: Tensors, images: tf.Tensor4D, mode: Mode): Features {
  return tf.tidy(() => {
    const layers = layersOf(network, tensors, mode);
    const x = passBlocks(images, network.blocks, layers, mode);
    return { features: network.head ? replace(x, layers, head) : x, statistics: layers.statistics };
  });
}

/**
 * The last map [n, h, w, features] float32 -> logits [n, classes] float32. `preLogits` leaves the classifier out, as 0 classes do: the
 * features [n, pooled], or the map as it came with the pool ''. `dropout` has the features' shape and multiplies them; null keeps them.
 */
export function forwardHead(
  network: Network,
  tensors: Tensors,
  map: tf.Tensor4D,
  { preLogits = false, dropout = null }: { readonly preLogits?: boolean; readonly dropout?: tf.Tensor | null } = {},
): tf.Tensor {
  return tf.tidy(() => {
    const pooled = POOLS[network.pool].pool(map); // [n, pooled]
    const features = dropout ? tf.mul(pooled, dropout) : pooled;
    return preLogits || network.classes === 0 ? features : classify(features as tf.Tensor2D, layersOf(network, tensors, { training: false }));
  });
}

/**
 * The stem and some of the blocks, which are the first ones of the network: images -> the map of the last of them. Maps that `layers`
 * wants outlive it in `layers.taken`, by timm's module: 'bn1' for the stem, 'blocks.<stage>', and a projection for its input.
 */
export function passBlocks(images: tf.Tensor4D, blocks: readonly Block[], layers: Layers, mode: Mode): tf.Tensor4D {
  let x = scoped(layers, (own) => stem(images, own));
  take('bn1', x, layers);
  for (const block of blocks) {
    x = replace(x, layers, (map, own) => mbConv(map, block, own, keptBranches(block, mode)));
    if (layers.network.blocks[block.index + 1]?.stage !== block.stage) take(`blocks.${block.stage}`, x, layers);
  }
  return x;
}

export function layersOf(network: Network, tensors: Tensors, mode: Mode, names: ReadonlySet<string> = NOTHING): Layers {
  const frozenNorms = mode.training ? mode.frozenNorms : undefined;
  return {
    ...{ network, tensors, training: mode.training, folded: !mode.training && mode.folded === true },
    ...(frozenNorms && { frozenNorms }),
    ...{ statistics: {}, taken: { names, maps: {} } },
  };
}

const NOTHING: ReadonlySet<string> = new Set();

/** One layer in a scope of its own: all it makes dies with the scope, except its map, its new statistics and what is taken of it. */
function scoped(layers: Layers, layer: (own: Layers) => tf.Tensor4D): tf.Tensor4D {
  const made = tf.tidy(() => {
    const statistics: Record<string, tf.Tensor> = {};
    const maps: Record<string, tf.Tensor4D> = {};
    const map = layer({ ...layers, statistics, taken: { names: layers.taken?.names ?? NOTHING, maps } });
    return { map, statistics, maps };
  });
  Object.assign(layers.statistics, made.statistics);
  if (layers.taken) Object.assign(layers.taken.maps, made.maps);
  return made.map;
}

/** The layer's map instead of the one it read, unless that is wanted: however deep the network, two are enough. */
export function replace(before: tf.Tensor4D, layers: Layers, layer: (map: tf.Tensor4D, own: Layers) => tf.Tensor4D): tf.Tensor4D {
  const after = scoped(layers, (own) => layer(before, own));
  if (!Object.values(layers.taken?.maps ?? {}).includes(before)) before.dispose();
  return after;
}

/** The block's row of the drop-path mask, [n, 1, 1, 1]. */
function keptBranches({ index, skip }: Block, mode: Mode): tf.Tensor4D | null {
  if (!mode.training || !mode.dropPath || !skip) return null;
  const images = mode.dropPath.shape[1];
  return tf.reshape(tf.slice(mode.dropPath, [index, 0], [1, images]), [images, 1, 1, 1]);
}
