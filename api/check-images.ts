import { PipelineError, quoted } from '../lib/errors.js';
import type { Network } from '../lib/models/variants.js';
import { tf } from '../lib/tensor/runtime.js';

/** Throws MODEL_INVALID for a tensor that is no batch of images of the network's channels, with the usual reason. */
export function checkImages(images: tf.Tensor, { name, channels }: Network): asserts images is tf.Tensor4D {
  const wanted = `${name} takes float32 images [n, height, width, ${channels}]`;
  checkTensor(images, wanted);
  const { shape, dtype } = images;
  if (shape.length === 4 && shape[3] === channels && dtype === 'float32') return;
  const why =
    shape.length === 3
      ? 'one image needs a batch dimension: tf.expandDims(image, 0)'
      : shape[1] === channels
        ? 'PyTorch puts channels before the pixels, TensorFlow behind them: tf.transpose(images, [0, 2, 3, 1])'
        : `createTransform(resolveDataConfig({}, { model })) makes such images of those that openImage(file${channels === 1 ? ', { channels: 1 }' : ''}) gives`;
  throw new PipelineError('MODEL_INVALID', `${wanted}, but was given ${dtype} [${shape}] · ${why}`);
}

/** Throws MODEL_INVALID for a tensor that is no last map of the network. */
export function checkMap(map: tf.Tensor, { name, features }: Network): asserts map is tf.Tensor4D {
  const wanted = `the head of ${name} takes float32 maps [n, height, width, ${features}], as forwardFeatures gives them`;
  checkTensor(map, wanted);
  const { shape, dtype } = map;
  if (shape.length === 4 && shape[3] === features && dtype === 'float32') return;
  throw new PipelineError('MODEL_INVALID', `${wanted}, but was given ${dtype} [${shape}]`);
}

/** From JavaScript it may be anything. */
function checkTensor(value: unknown, wanted: string): void {
  if (value instanceof tf.Tensor) return;
  throw new PipelineError('MODEL_INVALID', `${wanted}, but was given ${quoted(value)} · tf.tensor makes a tensor of numbers`);
}
