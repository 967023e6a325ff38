import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '../errors.js';
import { orDiskFull } from '../store/disk.js';
import { saveSavedModel } from './saved-model.js';
import { saveModel, type Model } from './weights.js';

/** What a model can be handed over as. */
const WRITERS = {
  timm: (folder, { network, tensors, config }) => saveModel(folder, network, tensors, config),
  'saved-model': (folder, model) => saveSavedModel(folder, model),
} as const satisfies Record<string, (folder: string, model: Model) => Promise<void>>;

export type ExportFormat = keyof typeof WRITERS;

/**
 * Writes a model and its card (`README.md`) into `folder`, which appears when all of it is written and must not hold anything before.
 * The card may depend on what was written: `card` gets the unfinished folder. Throws COMMAND_INVALID, DISK_FULL, and what the format's
 * writer throws.
 */
export async function exportModel(folder: string, model: Model, format: ExportFormat, card: (written: string) => Promise<string>): Promise<void> {
  if (await isOccupied(folder)) throw new PipelineError('COMMAND_INVALID', `${folder} is not empty, and nothing is written over · name another folder`);
  await orDiskFull(folder, async () => {
    await mkdir(path.dirname(folder), { recursive: true });
    const unfinished = await mkdtemp(`${folder}.unfinished-`);
    try {
      await WRITERS[format](unfinished, model);
      await writeFile(path.join(unfinished, 'README.md'), await card(unfinished));
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
}

/** A file, or a folder with something in it. */
async function isOccupied(folder: string): Promise<boolean> {
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  return isThere && (await readdir(folder).catch(() => [folder])).length > 0;
}
