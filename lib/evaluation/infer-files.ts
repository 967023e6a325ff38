import { setImmediate } from 'node:timers/promises';
import type { DataConfig } from '../data/data-config.js';
import { imageBatches, type RefusedFile } from '../data/image-batches.js';
import { PipelineError } from '../errors.js';
import type { Network } from '../models/variants.js';
import type { CompiledStep } from '../tensor/compile.js';
import { inferSlots } from './compiled-model.js';

export interface InferFilesOptions {
  /** Images per forward pass. */
  readonly batch: number;
  /** Threads that open and crop images beside the model. */
  readonly threads: number;
  /** See `openImage`. */
  readonly upright: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Monotonic milliseconds. */
  now(): number;
}

export interface InferredBatch {
  readonly files: readonly string[];
  /** float32 [files, …]: one row after the other, each of `shape`. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
  /** Files that are no images, or damaged: they stop nothing. */
  readonly refused: readonly RefusedFile[];
  /** Milliseconds of the model; and of all threads together, opening and cropping these files. */
  readonly modelMs: number;
  readonly decodeMs: number;
  readonly transformMs: number;
}

/**
 * Image files through a compiled model, a batch at a time, the next ones being opened meanwhile. A last batch with fewer images is filled
 * up with black ones. Throws MODEL_INVALID for images of other channels, and WEIGHTS_INVALID if an output is not a finite number.
 */
export async function* inferFiles(
  { network, compiled }: { readonly network: Network; readonly compiled: CompiledStep },
  files: readonly string[],
  config: DataConfig,
  options: InferFilesOptions,
): AsyncGenerator<InferredBatch> {
  const [channels, height, width] = config.inputSize;
  if (channels !== network.channels) {
    throw new PipelineError(
      'MODEL_INVALID',
      `${network.name} takes images of ${network.channels} channels, but inputSize is ${JSON.stringify(config.inputSize)}.`,
    );
  }
  const { batch, now } = options;
  for await (const { files: opened, pixels, refused, decodeMs, transformMs } of imageBatches(files, config, options)) {
    const began = now();
    const some = opened.length > 0;
    const slots = { slot: 0, count: opened.length, batch };
    const { values, shape } = some ? inferSlots(compiled, pixels, [height, width, channels], slots) : { values: new Float32Array(), shape: [] };
    refuseNonFinite(values, network, opened);
    await setImmediate(); // the model holds this thread, and threads hand over without a turn of it: signals are heard here
    options.signal?.throwIfAborted();
    yield { files: opened, values, shape, refused, modelMs: now() - began, decodeMs, transformMs };
  }
}

/** Images per forward pass that keep the cores busy: about 16 of 224 pixels. */
export function batchFor({ inputSize: [, height, width] }: DataConfig): number {
  return Math.max(1, Math.min(512, 2 ** Math.round(Math.log2(BATCH_PIXELS / (height * width)))));
}

const BATCH_PIXELS = 16 * 224 ** 2;

function refuseNonFinite(values: Float32Array, { name }: Network, files: readonly string[]): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const file = files[Math.floor(i / (values.length / files.length))];
    throw new PipelineError('WEIGHTS_INVALID', `${name} answers ${values[i]} for ${file}, but its outputs are finite numbers: are the weights complete?`);
  }
}
