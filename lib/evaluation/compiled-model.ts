import { forward, tensorsFrom, type Tensors } from '../models/efficientnet.js';
import { foldNorms } from '../models/fold-norms.js';
import { normalise } from '../models/normalise.js';
import type { Network } from '../models/variants.js';
import type { Model } from '../models/weights.js';
import { bytesTensor, toFloat } from '../tensor/bytes.js';
import { compilePureStep, type CompiledStep, type CompileOptions, type PureStep } from '../tensor/compile.js';
import { tf } from '../tensor/runtime.js';
import { inLanes } from './lanes.js';

/** Normalised images [n, height, width, channels] -> whatever is wanted of them, [n, …]; the tensors' norms are folded. */
export type Infer = (network: Network, tensors: Tensors, images: tf.Tensor4D) => tf.Tensor;

/** [n, classes]. */
export const inferLogits: Infer = (network, tensors, images) => forward(network, tensors, images, { training: false, folded: true }).logits;

export interface CompileModelOptions extends CompileOptions {
  /** Default: 512 MiB. */
  readonly mostConstantBytes?: number;
}

/**
 * A model as a graph, recorded for each batch and size that comes: `images`, bytes [batch, height, width, channels] -> `output`, [batch, …].
 * The weights are constants of it, which libtensorflow may lay out as it likes; those of a model as large as L2 are its state, because a graph
 * is held many times over while it is read, and has 2 GB at most. The caller disposes it.
 */
export function compileModel(
  { network, tensors, config }: Model,
  infer: Infer,
  options: CompileModelOptions, // as it is: its scratch folder is asked for at each recording
): () => CompiledStep {
  const folded = foldNorms(network, tensors);
  const { mean, std } = config.pretrained;
  const { mostConstantBytes = MOST_CONSTANT_BYTES } = options;
  const isLarge = Object.values(folded).reduce((bytes, { byteLength }) => bytes + byteLength, 0) > mostConstantBytes;
  const step: PureStep = (state, { images }) => {
    const [weights, pixels] = [isLarge ? state : tensorsFrom(network, folded), toFloat(images as tf.Tensor4D)];
    return { state, outputs: { output: inLanes(pixels, (lane) => infer(network, weights, normalise(lane, mean, std))) } };
  };
  return () => {
    const state = isLarge ? tensorsFrom(network, folded) : {};
    try {
      return compilePureStep(step, state, options);
    } finally {
      tf.dispose(state);
    }
  };
}

const MOST_CONSTANT_BYTES = 2 ** 29;

/** Bytes of `count` images -> their part of the output: float32 [count, …] and the shape of one. They are computed in the slots from `slot` on. */
export function inferSlots(
  compiled: CompiledStep,
  pixels: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  { slot, count, batch }: { readonly slot: number; readonly count: number; readonly batch: number },
): { readonly values: Float32Array; readonly shape: readonly number[] } {
  const filled = new Uint8Array(batch * height * width * channels);
  filled.set(pixels, slot * height * width * channels);
  return tf.tidy(() => {
    const { output } = compiled.run({ images: bytesTensor(filled, [batch, height, width, channels]) });
    const [, ...shape] = output!.shape;
    return { values: tf.slice(output!, [slot], [count]).dataSync<'float32'>(), shape };
  });
}
