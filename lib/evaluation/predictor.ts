import type { ImageSet } from '../data/image-set.js';
import { PipelineError } from '../errors.js';
import { forward, tensorsFrom } from '../models/efficientnet.js';
import { foldNorms } from '../models/fold-norms.js';
import { loadModel, type Model } from '../models/weights.js';
import { toFloat } from '../tensor/bytes.js';
import { compilePureStep, type CompiledStep, type CompileOptions, type PureStep } from '../tensor/compile.js';
import { runtimeFacts, tf } from '../tensor/runtime.js';
import { normalise } from '../training/step.js';

/** A published model, ready to compute. Its tensors are the average over the training: what a model is judged by. */
export interface Predictor extends Omit<Model, 'tensors'> {
  readonly folder: string;
  /** A new graph of its network with the weights as constants. */
  compile(): CompiledStep;
  /** The graph in use, and the batch that was found fastest, once that was asked for. */
  compiled: CompiledStep;
  fastest?: { readonly batch: number; readonly images: number; readonly size: number };
}

/**
 * The model of a `train` artifact. The process keeps the newest one and disposes it when another is asked for:
 * shard after shard names the same folder, and what is in it never changes.
 */
export async function openPredictor(folder: string, options: CompileOptions & { readonly scratch: string }): Promise<Predictor> {
  latest = options;
  if (held?.folder === folder) return held;
  const { network, config, tensors } = await loadModel(folder);
  held?.compiled.dispose();
  const folded = foldNorms(network, tensors);
  const { mean, std } = config.pretrained;
  const step: PureStep = (state, { images }) => {
    const [tensors, pixels] = [tensorsFrom(network, folded), toFloat(images as tf.Tensor4D)];
    const label = (lane: tf.Tensor4D) => forward(network, tensors, normalise(lane, mean, std), { training: false, folded: true }).logits;
    return { state, outputs: { logits: inLanes(pixels, label) } }; // [batch, classes]
  };
  const compile = () =>
    compilePureStep(
      step,
      {},
      {
        ...options,
        get scratch() {
          return latest.scratch; // that of the job at hand: those of earlier jobs are gone
        },
      },
    );
  return (held = { folder, network, config, compile, compiled: compile() });
}

/**
 * [batch, size, size, channels] -> [batch, classes], a lane of a few images at a time. A forward pass is one chain of operations, so
 * lanes are what keeps several cores busy; and an image's bits depend on its slot in a lane, not on how many whole lanes a batch has.
 */
export function inLanes(images: tf.Tensor4D, label: (lane: tf.Tensor4D) => tf.Tensor2D): tf.Tensor2D {
  const [batch, size] = images.shape;
  const lane = laneOf(size, batch);
  if (batch <= lane) return label(images);
  const lanes = Array.from({ length: Math.ceil(batch / lane) }, (_, i) =>
    label(tf.slice(images, [i * lane, 0, 0, 0], [Math.min(lane, batch - i * lane), -1, -1, -1])),
  );
  return tf.concat(lanes, 0);
}

/** Images in a lane: a power of two, about 33,000 pixels. A graphics card is kept busy by one operation, so there it is `all`. */
export function laneOf(size: number, all: number): number {
  return runtimeFacts().gpu ? all : 2 ** Math.max(0, Math.round(Math.log2(LANE_PIXELS / size ** 2)));
}

const LANE_PIXELS = 2 ** 15;

let held: Predictor | undefined;
let latest: CompileOptions & { readonly scratch: string };

/** Throws CLASSES_DIFFER or DATA_INVALID where the model was made for other images. */
export function checkFits({ folder, network }: Predictor, { dataset: { classes, image } }: ImageSet): void {
  if (network.classes !== classes.length)
    throw new PipelineError('CLASSES_DIFFER', `${folder}: the model tells ${network.classes} classes apart, but the data set has ${classes.length}`);
  if (network.channels !== image.channels)
    throw new PipelineError('DATA_INVALID', `${folder}: the model takes images of ${network.channels} channels, but the data set's have ${image.channels}`);
}
