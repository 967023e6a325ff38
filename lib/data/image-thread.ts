/** A thread of `image-batches.ts`: opens and crops the images of a few files, one after the other. */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { PipelineError } from '../errors.js';
import type { DataConfig } from './data-config.js';
import { evalCrop } from './eval-transform.js';
import type { ImageBatch, RefusedFile } from './image-batches.js';
import { openImage } from './open-image.js';
import type { Raster } from './resample.js';

export interface ImageJob {
  readonly config: DataConfig;
  readonly upright: boolean;
}

const { config, upright } = workerData as ImageJob;
const [channels, height, width] = config.inputSize;

let last: Promise<unknown> = Promise.resolve();

/** Files that wait here keep the thread at work while nobody listens to it; its times are those of one image at a time. */
export function decode(files: readonly string[]): Promise<unknown> {
  const decoded = last.then(() => decodeFiles(files));
  last = decoded.catch(() => undefined);
  return decoded;
}

async function decodeFiles(files: readonly string[]): Promise<unknown> {
  const size = height * width * channels;
  const pixels = new Uint8Array(files.length * size);
  const kept: string[] = [];
  const refused: RefusedFile[] = [];
  const ms = { decode: 0, transform: 0 };
  for (const file of files) {
    const start = performance.now();
    const image = await open(file);
    const opened = performance.now();
    ms.decode += opened - start;
    if ('reason' in image) {
      refused.push(image);
      continue;
    }
    pixels.set(evalCrop(image, config).pixels, kept.length * size);
    kept.push(file);
    ms.transform += performance.now() - opened;
  }
  const batch: ImageBatch = { files: kept, pixels: pixels.subarray(0, kept.length * size), refused, decodeMs: ms.decode, transformMs: ms.transform };
  return move({ [transferableSymbol]: [pixels.buffer], [valueSymbol]: batch } as unknown as Parameters<typeof move>[0]);
}

async function open(file: string): Promise<Raster | RefusedFile> {
  try {
    return await openImage(file, { channels: channels as 1 | 3, upright });
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'DATA_INVALID') return { file, reason: String(error.evidence?.['reason']) };
    // Its class would not reach the other thread, and the system's message does not always name the file.
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
