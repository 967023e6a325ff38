import { setImmediate } from 'node:timers/promises';
import type { ImageSet } from '../data/image-set.js';
import { PipelineError } from '../errors.js';
import { forward, tensorsFrom } from '../models/efficientnet.js';
import { foldNorms } from '../models/fold-norms.js';
import { loadModel, type Model } from '../models/weights.js';
import { bytesTensor, toFloat } from '../tensor/bytes.js';
import { compilePureStep, type CompiledStep, type CompileOptions } from '../tensor/compile.js';
import { tf } from '../tensor/runtime.js';
import { normalise } from '../training/step.js';

/** A published model, ready to compute. Its tensors are the average over the training: what a model is judged by. */
export interface Predictor extends Omit<Model, 'tensors'> {
  readonly folder: string;
  /** Its network as a graph with the weights as constants. */
  readonly compiled: CompiledStep;
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
  const compiled = compilePureStep(
    (state, { images }) => {
      const [tensors, pixels] = [tensorsFrom(network, folded), toFloat(images as tf.Tensor4D)];
      const label = (lane: tf.Tensor4D) => forward(network, tensors, normalise(lane, config.mean, config.std), { training: false, folded: true }).logits;
      return { state, outputs: { logits: inLanes(pixels, label) } }; // [batch, classes]
    },
    {},
    {
      ...options,
      get scratch() {
        return latest.scratch; // that of the job at hand: those of earlier jobs are gone
      },
    },
  );
  return (held = { folder, network, config, compiled });
}

/**
 * [batch, size, size, channels] -> [batch, classes], a lane of a few images at a time. A forward pass is one chain of operations, so
 * lanes are what keeps several cores busy; and an image's bits depend on its slot in a lane, not on how many whole lanes a batch has.
 */
export function inLanes(images: tf.Tensor4D, label: (lane: tf.Tensor4D) => tf.Tensor2D): tf.Tensor2D {
  const [batch, size] = images.shape;
  const lane = laneOf(size);
  if (batch <= lane) return label(images);
  const lanes = Array.from({ length: Math.ceil(batch / lane) }, (_, i) =>
    label(tf.slice(images, [i * lane, 0, 0, 0], [Math.min(lane, batch - i * lane), -1, -1, -1])),
  );
  return tf.concat(lanes, 0);
}

/** Images in a lane: a power of two, about 33,000 pixels. */
function laneOf(size: number): number {
  return 2 ** Math.max(0, Math.round(Math.log2(LANE_PIXELS / size ** 2)));
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

export interface LogitsBatch {
  /** Position of the first image in its set. */
  readonly from: number;
  readonly count: number;
  /** [count, classes] */
  readonly logits: Float32Array;
}

/**
 * Logits of the images `from` (inclusive) to `to` (exclusive) of a set: clean images, no noise. Position p is always
 * computed in slot p mod `batch` of a full batch, whose empty slots are black images: an image's bits depend
 * neither on where the range ends nor on how the set was split. The event loop gets a turn after every batch.
 *
 * Throws WEIGHTS_INVALID if a logit is not a finite number.
 */
export async function* predictLogits(
  predictor: Predictor,
  images: ImageSet,
  { from, to, batch }: { from: number; to: number; batch: number },
): AsyncGenerator<LogitsBatch> {
  for (let start = from - (from % batch); start < to; start += batch) {
    const first = Math.max(start, from);
    const count = Math.min(start + batch, to) - first;
    const pixels = await images.readRange(first, first + count);
    const logits = forwardSlots(predictor, pixels, images.dataset.image, { slot: first - start, count, batch });
    await refuseNonFinite(logits, predictor, images, first);
    yield { from: first, count, logits };
    await setImmediate();
  }
}

/** Pixels uint8 [count, size, size, channels] → logits [count, classes], computed in the slots from `slot` on. */
function forwardSlots(
  { network, compiled }: Predictor,
  pixels: Uint8Array,
  { size, channels }: { size: number; channels: number },
  { slot, count, batch }: { slot: number; count: number; batch: number },
): Float32Array {
  const filled = new Uint8Array(batch * size * size * channels);
  filled.set(pixels, slot * size * size * channels);
  return tf.tidy(() => {
    const { logits } = compiled.run({ images: bytesTensor(filled, [batch, size, size, channels]) });
    return tf.slice(logits!, [slot, 0], [count, network.classes]).dataSync<'float32'>();
  });
}

async function refuseNonFinite(logits: Float32Array, { folder, network }: Predictor, images: ImageSet, first: number): Promise<void> {
  const index = logits.findIndex((logit) => !Number.isFinite(logit));
  if (index === -1) return;
  const position = first + Math.floor(index / network.classes);
  const [id] = await images.ids(position, position + 1);
  throw new PipelineError(
    'WEIGHTS_INVALID',
    `${folder}: the model answers ${logits[index]} for image ${id} of the ${images.set} set, but logits are finite numbers · train it again, with a lower rate`,
  );
}
