import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { PipelineError } from '../errors.js';
import { entryFile, entryOptions } from '../package.js';
import type { DataConfig } from './data-config.js';
import type { ImageJob } from './image-thread.js';
import { inOrder } from './in-order.js';

export interface RefusedFile {
  readonly file: string;
  readonly reason: string;
}

export interface ImageBatch {
  /** Those that could be opened, in the order in which they were given. */
  readonly files: readonly string[];
  /** uint8 [files, height, width, channels], not yet normalised. */
  readonly pixels: Uint8Array;
  /** Those that could not, in the same order. */
  readonly refused: readonly RefusedFile[];
  /** Time that the threads spent reading and decoding these files, and resizing and cropping them; milliseconds, summed over threads. */
  readonly decodeMs: number;
  readonly transformMs: number;
}

export interface ImageBatchesOptions {
  /** Files per batch; the last may have fewer. */
  readonly batch: number;
  /** Threads that open and crop images: as many processors are kept at work. */
  readonly threads: number;
  /** See `openImage`; default: true. */
  readonly upright?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Cropped images that wait or are being made may take so many bytes, or as many as one batch takes; default: 256 MiB. */
  readonly readAheadBytes?: number | undefined;
}

const READ_AHEAD_BYTES = 256 * 2 ** 20;

/**
 * Opens and crops image files in threads, ahead of whoever takes the batches. A file that is no image, or damaged, is refused in its
 * batch and stops nothing; a disk that fails is an error. Ends its threads when the last batch is taken, and when the caller stops or
 * `signal` aborts (its reason is thrown). Throws COMMAND_INVALID if the input has other than 1 or 3 channels.
 */
export async function* imageBatches(files: readonly string[], config: DataConfig, options: ImageBatchesOptions): AsyncGenerator<ImageBatch> {
  check(config, options);
  const { batch, signal } = options;
  signal?.throwIfAborted();
  if (files.length === 0) return;
  const threads = Math.min(options.threads, files.length);
  const stop = stopOn(signal);
  const pool = openPool(threads, { config, upright: options.upright ?? true });
  try {
    const started = inOrder(batchesOf(files, batch), batchesAhead(config, options), (some) => decodeBatch(pool, some, threads));
    for (const decoded of started) yield await Promise.race([decoded, stop.stopped]);
  } finally {
    stop.forget();
    pool.on('error', () => undefined); // a result that arrives after its thread was ended is one
    await pool.destroy();
  }
}

function check({ inputSize }: DataConfig, { batch, threads }: ImageBatchesOptions): void {
  if (inputSize[0] !== 1 && inputSize[0] !== 3) {
    throw new PipelineError('COMMAND_INVALID', `inputSize is ${JSON.stringify(inputSize)}, but an image file gives 1 or 3 channels`);
  }
  for (const [name, value] of Object.entries({ batch, threads })) {
    if (!Number.isInteger(value) || value < 1) throw new PipelineError('COMMAND_INVALID', `${name} is ${value}, but must be a whole number from 1`);
  }
}

/** A promise that only ever rejects: when the signal aborts. */
function stopOn(signal: AbortSignal | undefined): { readonly stopped: Promise<never>; forget(): void } {
  let onAbort = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  stopped.catch(() => undefined); // nobody may be waiting
  return { stopped, forget: () => signal?.removeEventListener('abort', onAbort) };
}

type Pool = Piscina<readonly string[], ImageBatch>;

function openPool(threads: number, job: ImageJob): Pool {
  return new Piscina<readonly string[], ImageBatch>({
    filename: fileURLToPath(entryFile('./image-thread', import.meta.url)),
    name: 'decode',
    stricterFIFO: true,
    execArgv: entryOptions(),
    workerData: job,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 2, // one waits at its thread: while a model computes, this thread hands out nothing
    idleTimeout: Infinity,
  });
}

/** Enough for every thread to have work in hand and waiting, whatever the size of a batch. */
function batchesAhead(
  { inputSize: [channels, height, width] }: DataConfig,
  { batch, threads, readAheadBytes = READ_AHEAD_BYTES }: ImageBatchesOptions,
): number {
  const bytes = batch * channels * height * width;
  return Math.max(1, Math.min(2 * threads, Math.floor(readAheadBytes / bytes)));
}

function* batchesOf(files: readonly string[], batch: number): Generator<readonly string[]> {
  for (let from = 0; from < files.length; from += batch) yield files.slice(from, from + batch);
}

/** A batch is shared out among the threads, so that the first is there as soon as it can be. */
async function decodeBatch(pool: Pool, files: readonly string[], threads: number): Promise<ImageBatch> {
  const share = Math.ceil(files.length / threads);
  const parts = await Promise.all([...batchesOf(files, share)].map((some) => pool.run(some)));
  return parts.length === 1 ? parts[0]! : joined(parts);
}

function joined(parts: readonly ImageBatch[]): ImageBatch {
  return {
    files: parts.flatMap(({ files }) => files),
    pixels: concatenated(parts.map(({ pixels }) => pixels)),
    refused: parts.flatMap(({ refused }) => refused),
    decodeMs: parts.reduce((sum, { decodeMs }) => sum + decodeMs, 0),
    transformMs: parts.reduce((sum, { transformMs }) => sum + transformMs, 0),
  };
}

function concatenated(arrays: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
