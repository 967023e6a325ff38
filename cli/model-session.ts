import { availableParallelism, totalmem } from 'node:os';
import { modelPlaces } from '../api/places.js';
import { findImages } from '../lib/data/find-images.js';
import { resolveDataConfig, type DataConfig } from '../lib/data/data-config.js';
import { PipelineError } from '../lib/errors.js';
import { compileModel, type Infer } from '../lib/evaluation/compiled-model.js';
import { batchFor, inferFiles, type InferredBatch } from '../lib/evaluation/infer-files.js';
import { parseModelName } from '../lib/models/names.js';
import { largestMaps } from '../lib/models/operation-count.js';
import type { Model } from '../lib/models/weights.js';
import type { Environment } from './environment.js';
import { inferenceProgress } from './inference-progress.js';
import { interruption } from './interruption.js';
import { openModel } from './open-model.js';
import type { Outcome } from './outcome.js';

/** What `predict` and `features` have in common. */
export interface ModelCommand {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly batch?: number;
  readonly threads?: number;
  /** Side of the images, instead of the weights'. */
  readonly size?: number;
  readonly useTestSize: boolean;
  readonly upright: boolean;
  /** A file that cannot be read is an error. */
  readonly strict: boolean;
  readonly environment: Environment;
  readonly json: boolean;
  /** A folder of this command's own. */
  readonly scratch: string;
}

export interface ModelSession {
  readonly model: Model;
  /** The images by the names under which they were given. */
  readonly batches: AsyncGenerator<InferredBatch>;
}

/**
 * Opens a model by its name and takes images through it; says on stderr which files were skipped and why, how far it is, and at the end what
 * the time went into. Ends its threads, also after a signal, which is heeded after each batch.
 */
export async function withModel(command: ModelCommand, infer: (model: Model) => Infer, work: (session: ModelSession) => Promise<Outcome>): Promise<Outcome> {
  const { signal } = interruption();
  const name = parseModelName(command.model);
  const { images, refused } = await findImages(command.inputs, process.cwd());
  const { model } = await openModel(name, modelPlaces(command.environment), signal);
  const config = resolveDataConfig(
    { imgSize: command.size, inChans: model.network.channels },
    { pretrained: model.config.pretrained, useTestSize: command.useTestSize },
  );
  const batch = Math.min(command.batch ?? batchFor(config), Math.max(1, images.length));
  checkMemory(model, config, batch);
  const compiled = compileModel(model, infer(model), { scratch: command.scratch })();
  const options = {
    batch,
    threads: command.threads ?? Math.max(1, availableParallelism() - 1),
    upright: command.upright,
    signal,
    now: () => performance.now(),
  };
  const progress = inferenceProgress(images.length, command);
  for (const { name, reason } of refused) progress.skip(name, reason);
  const names = new Map(images.map(({ name, file }) => [file, name]));
  const nameOf = (file: string) => names.get(file) ?? file;
  try {
    const files = images.map(({ file }) => file);
    const batches = progress.follow(named(inferFiles({ network: model.network, compiled }, files, config, options), nameOf));
    return await work({ model, batches });
  } finally {
    progress.end();
    compiled.dispose();
  }
}

/**
 * Refuses what this machine cannot do: libtensorflow would take the memory until the system ends the process. One image of EfficientNet-B0
 * took 6.7 times its two largest neighbouring maps at 3,072 px, 7.1 at 2,048 px and more below (peak of the process, less that of a small image):
 * what is refused could not have been done.
 */
function checkMemory({ network }: Model, { inputSize: [channels, height, width] }: DataConfig, batch: number): void {
  const maps = Float32Array.BYTES_PER_ELEMENT * largestMaps(network, { height, width });
  const pixels = batch * height * width * channels * (1 + Float32Array.BYTES_PER_ELEMENT); // as bytes and as numbers
  const needed = TIMES_THE_MAPS * maps + pixels;
  const there = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  if (needed < there) return;
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new PipelineError(
    'COMMAND_INVALID',
    `images of ${width} x ${height} pixels, ${batch} at a time: ${network.name} takes ${gibibytes(needed)} at the least, but this machine has ${gibibytes(there)} · choose a smaller --size${batch > 1 ? ' or --batch' : ''}`,
  );
}

const TIMES_THE_MAPS = 6;

/** The same batches, with the files by the names that a person gave them. */
async function* named(batches: AsyncGenerator<InferredBatch>, nameOf: (file: string) => string): AsyncGenerator<InferredBatch> {
  for await (const batch of batches) {
    yield { ...batch, files: batch.files.map(nameOf), refused: batch.refused.map(({ file, reason }) => ({ file: nameOf(file), reason })) };
  }
}
