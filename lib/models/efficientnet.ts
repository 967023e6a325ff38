import { tf } from '../tensor/runtime.js';
import { classify, head, mbConv, stem, type Layers } from './blocks.js';
import type { Block, Network } from './outline.js';
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
      /** [n, features] float32, 0 or 1 / (1 - rate). null = no feature is dropped. */
      readonly dropout: tf.Tensor2D | null;
    };

/** In training, `statistics` holds the new `running_mean` and `running_var` of every batch norm by timm's name; in inference nothing. */
export type Forward = { readonly logits: tf.Tensor2D; readonly statistics: Record<string, tf.Tensor> };
export type Features = { readonly features: tf.Tensor4D; readonly statistics: Record<string, tf.Tensor> };

/**
 * Images [n, height, width, channels] float32, normalised -> logits [n, classes] float32.
 * `tensors` are the network's, by timm's name, in TensorFlow's layouts. Pure and differentiable in them; the outputs belong
 * to the caller's scope (so inside tf.variableGrads, tf.keep the statistics), and nothing else is left.
 * Throws WEIGHTS_INVALID if a tensor is missing.
 */
export function forward(network: Network, tensors: Tensors, images: tf.Tensor4D, mode: Mode): Forward {
  return tf.tidy(() => {
    const { features, statistics } = forwardFeatures(network, tensors, images, mode);
    const dropout = mode.training ? mode.dropout : null;
    return { logits: classify(features, layersOf(network, tensors, mode), dropout), statistics };
  });
}

/** Images as for `forward` -> the last map, after the head's swish and before pooling: [n, height/32, width/32, features] for the B rows. */
export function forwardFeatures(network: Network, tensors: Tensors, images: tf.Tensor4D, mode: Mode): Features {
  return tf.tidy(() => {
    const layers = layersOf(network, tensors, mode);
    let x = scoped(layers, (own) => stem(images, own));
    for (const block of network.blocks) {
      x = replace(x, layers, (map, own) => mbConv(map, block, own, keptBranches(block, mode)));
    }
    return { features: replace(x, layers, head), statistics: layers.statistics };
  });
}

function layersOf(network: Network, tensors: Tensors, mode: Mode): Layers {
  return { network, tensors, training: mode.training, folded: !mode.training && mode.folded === true, statistics: {} };
}

/** One layer in a scope of its own: all it makes dies with the scope, except its map and its new statistics. */
function scoped(layers: Layers, layer: (own: Layers) => tf.Tensor4D): tf.Tensor4D {
  const made = tf.tidy(() => {
    const statistics: Record<string, tf.Tensor> = {};
    return { map: layer({ ...layers, statistics }), statistics };
  });
  Object.assign(layers.statistics, made.statistics);
  return made.map;
}

/** The layer's map instead of the one it read: however deep the network, two are enough. */
function replace(before: tf.Tensor4D, layers: Layers, layer: (map: tf.Tensor4D, own: Layers) => tf.Tensor4D): tf.Tensor4D {
  const after = scoped(layers, (own) => layer(before, own));
  before.dispose();
  return after;
}

/** The block's row of the drop-path mask, [n, 1, 1, 1]. */
function keptBranches({ index, skip }: Block, mode: Mode): tf.Tensor4D | null {
  if (!mode.training || !mode.dropPath || !skip) return null;
  const images = mode.dropPath.shape[1];
  return tf.reshape(tf.slice(mode.dropPath, [index, 0], [1, images]), [images, 1, 1, 1]);
}
