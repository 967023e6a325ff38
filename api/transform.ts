import { PipelineError, quoted } from '../lib/errors.js';
import * as data from '../lib/data/data-config.js';
import { evalCrop, normalisePixels } from '../lib/data/eval-transform.js';
import type { Raster } from '../lib/data/resample.js';
import type { PretrainedConfig } from '../lib/models/pretrained-config.js';
import { tf } from '../lib/tensor/runtime.js';
import { checkOptions } from './check-options.js';

/** timm's `resolve_data_config(args, model=model)`: six keys; the arguments win, then what the model's weights say, then the defaults. */
export function resolveDataConfig(
  args: data.DataConfigArguments,
  { model, useTestSize }: { readonly model?: { readonly pretrainedCfg: PretrainedConfig }; readonly useTestSize?: boolean } = {},
): data.DataConfig {
  checkOptions('resolveDataConfig', args, [...ARGUMENTS, 'useTestSize']);
  if ('useTestSize' in args)
    throw new PipelineError('COMMAND_INVALID', 'useTestSize stands in the second argument: resolveDataConfig({}, { model, useTestSize: true })');
  return data.resolveDataConfig(args, { pretrained: model?.pretrainedCfg, useTestSize });
}

const ARGUMENTS = ['inputSize', 'imgSize', 'inChans', 'chans', 'interpolation', 'mean', 'std', 'cropPct', 'cropMode'];

/** An image as `openImage` gives it → [height, width, channels] float32, resized, cropped and normalised. */
export interface Transform {
  (image: Raster): tf.Tensor3D;
  /** The same before it becomes numbers: uint8 [height, width, channels]. */
  crop(image: Raster): Raster;
}

/** timm's evaluation `create_transform(**config)`, byte for byte as Pillow makes it, channels last. */
export function createTransform(config: data.DataConfig): Transform {
  const crop = (image: Raster): Raster => {
    checkRaster(image);
    return evalCrop(image, config);
  };
  const transform = (image: Raster): tf.Tensor3D => {
    const cropped = crop(image);
    return tf.tensor3d(normalisePixels(cropped, config.mean, config.std), [cropped.height, cropped.width, cropped.channels]);
  };
  return Object.assign(transform, { crop });
}

/** From JavaScript it may be the file's name, or the promise of an image. */
function checkRaster(image: unknown): void {
  if ((image as Partial<Raster> | null | undefined)?.pixels instanceof Uint8Array) return;
  const found = image instanceof Promise ? 'a promise of one' : quoted(image);
  throw new PipelineError('COMMAND_INVALID', `a transform takes an image, but was given ${found} · transform(await openImage(file))`);
}
