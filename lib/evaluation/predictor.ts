import type { ImageSet } from '../data/image-set.js';
import { PipelineError } from '../errors.js';
import { loadModel, type Model } from '../models/weights.js';
import type { CompiledStep, CompileOptions } from '../tensor/compile.js';
import { compileModel, inferLogits } from './compiled-model.js';

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
  const compile = compileModel({ network, config, tensors }, inferLogits, {
    ...options,
    get scratch() {
      return latest.scratch; // that of the job at hand: those of earlier jobs are gone
    },
  });
  return (held = { folder, network, config, compile, compiled: compile() });
}

let held: Predictor | undefined;
let latest: CompileOptions & { readonly scratch: string };

/** Throws CLASSES_DIFFER or DATA_INVALID where the model was made for other images. */
export function checkFits({ folder, network }: Predictor, { dataset: { classes, image } }: ImageSet): void {
  if (network.classes !== classes.length)
    throw new PipelineError('CLASSES_DIFFER', `${folder}: the model tells ${network.classes} classes apart, but the data set has ${classes.length}`);
  if (network.channels !== image.channels)
    throw new PipelineError('DATA_INVALID', `${folder}: the model takes images of ${network.channels} channels, but the data set's have ${image.channels}`);
}
