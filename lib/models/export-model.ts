import type { Stats } from 'node:fs';
import { access, constants, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '../errors.js';
import { isErrno, orDiskFull } from '../store/disk.js';
import { CARD_FILE } from './model-files.js';
import { saveSavedModel } from './saved-model.js';
import { saveModel, type Model } from './weights.js';

/** What a model can be handed over as. */
const WRITERS = {
  timm: (folder, { network, tensors, config }, signal) => saveModel(folder, network, tensors, config, signal),
  'saved-model': (folder, model) => saveSavedModel(folder, model),
} as const satisfies Record<string, (folder: string, model: Model, signal?: AbortSignal) => Promise<void>>;

export type ExportFormat = keyof typeof WRITERS;

/** Writes a model and its card (`README.md`) as `publishFolder` does. Throws what that throws, and what the format's writer throws. */
export async function exportModel(folder: string, model: Model, format: ExportFormat, card: string, signal?: AbortSignal): Promise<void> {
  await publishFolder(folder, async (unfinished) => {
    await WRITERS[format](unfinished, model, signal);
    signal?.throwIfAborted();
    await writeFile(path.join(unfinished, CARD_FILE), card);
  });
}

/**
 * A folder that appears when all of it is written, and must not hold anything before; what is left of a failure is taken away.
 * Throws COMMAND_INVALID where it cannot be, DISK_FULL, and what `write` throws.
 */
export async function publishFolder(folder: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  await checkFree(folder);
  await orDiskFull(folder, async () => {
    await makeFolders(path.dirname(folder));
    // The folder that becomes the result is made inside, as any other folder is: a temporary one only its owner may enter.
    const around = await mkdtemp(`${folder}.unfinished-`);
    const unfinished = path.join(around, path.basename(folder));
    try {
      await mkdir(unfinished);
      await write(unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(around, { recursive: true, force: true });
    }
  });
}

/** Throws COMMAND_INVALID unless a folder of that name can be made, with the folders around it. Makes nothing. */
export async function checkFree(folder: string): Promise<void> {
  const refuse = (found: string) => new PipelineError('COMMAND_INVALID', `${folder} ${found} · name another folder`);
  if (Buffer.byteLength(path.basename(folder)) > LONGEST_FOLDER_NAME) throw refuse('has a name that is too long');
  if ((await lstat(folder).catch(() => undefined))?.isSymbolicLink()) throw refuse('is a link, over which nothing is written');
  const own = await statusOf(folder);
  if (own && !own.isDirectory()) throw refuse('is a file');
  if (own && (await readdir(folder)).length > 0) throw refuse('is not empty, and nothing is written over');
  let around = path.dirname(folder);
  while (!(await statusOf(around))) around = path.dirname(around);
  if (!(await statusOf(around))!.isDirectory()) throw refuse(`lies in ${around}, which is a file`);
  await access(around, constants.W_OK).catch(() => {
    throw refuse(`lies in ${around}, into which this user may not write`);
  });
}

/** One by one: where a file system takes no folders, as /proc, Node's own `recursive` never ends. */
async function makeFolders(folder: string): Promise<void> {
  if (await statusOf(folder)) return;
  await makeFolders(path.dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return;
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new PipelineError('COMMAND_INVALID', `the folder ${folder} cannot be made (${error.code}) · name another folder`, { cause: error });
  });
}

/** 255 bytes are the most for a name, and an unfinished folder has a longer one. */
const LONGEST_FOLDER_NAME = 200;

async function statusOf(place: string): Promise<Stats | undefined> {
  return stat(place).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENAMETOOLONG', 'EACCES'))
      throw new PipelineError('COMMAND_INVALID', `${place} cannot be reached (${(error as NodeJS.ErrnoException).code}) · name another folder`, {
        cause: error,
      });
    throw error;
  });
}
