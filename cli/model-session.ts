import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelPlaces } from '../api/places.js';
import { findImages } from '../lib/data/find-images.js';
import { resolveDataConfig } from '../lib/data/data-config.js';
import { compileModel, type Infer } from '../lib/evaluation/compiled-model.js';
import { batchFor, inferFiles, type InferredBatch } from '../lib/evaluation/infer-files.js';
import { parseModelName } from '../lib/models/names.js';
import { openModelFolder } from '../lib/models/open-model.js';
import { readModel } from '../lib/models/read-model.js';
import type { Model } from '../lib/models/weights.js';
import type { Environment } from './environment.js';
import { downloadProgress, inferenceProgress } from './inference-progress.js';
import { interruption } from './interruption.js';
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
}

export interface ModelSession {
  readonly model: Model;
  /** A folder of this command's own, gone when it ends. */
  readonly scratch: string;
  /** The images by the names under which they were given. */
  readonly batches: AsyncGenerator<InferredBatch>;
}

/**
 * Opens a model by its name and takes images through it; says on stderr which files were skipped and why, how far it is, and at the end what
 * the time went into. Ends its threads and removes its folder, also after a signal.
 */
export async function withModel(command: ModelCommand, infer: (model: Model) => Infer, work: (session: ModelSession) => Promise<Outcome>): Promise<Outcome> {
  const { signal } = interruption();
  const { images, refused } = await findImages(command.inputs, process.cwd());
  const model = await openModel(command.model, command.environment);
  const scratch = await mkdtemp(join(tmpdir(), 'noisy-student-'));
  const config = resolveDataConfig(
    { imgSize: command.size, inChans: model.network.channels },
    { pretrained: model.config.pretrained, useTestSize: command.useTestSize },
  );
  const compiled = compileModel(model, infer(model), { scratch })();
  const options = {
    batch: command.batch ?? batchFor(config, images.length),
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
    return await work({ model, scratch, batches });
  } finally {
    progress.end();
    compiled.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The weights of a name, downloaded if need be. What a bare or an old name means is said on stderr. */
export async function openModel(name: string, { home }: Pick<Environment, 'home'>): Promise<Model> {
  const parsed = parseModelName(name);
  const say = (message: string | undefined) => message && process.stderr.write(`${message}\n`);
  if (parsed.source === 'timm') say(parsed.warning ?? parsed.says);
  return readModel(await openModelFolder(parsed, modelPlaces({ home }), { warn: say, onProgress: downloadProgress() }));
}

/** The same batches, with the files by the names that a person gave them. */
async function* named(batches: AsyncGenerator<InferredBatch>, nameOf: (file: string) => string): AsyncGenerator<InferredBatch> {
  for await (const batch of batches) {
    yield { ...batch, files: batch.files.map(nameOf), refused: batch.refused.map(({ file, reason }) => ({ file: nameOf(file), reason })) };
  }
}
