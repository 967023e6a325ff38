import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob } from 'tinyglobby';
import { PipelineError } from '../errors.js';
import { compareNatural } from './natural-order.js';
import { isImageName, walkFolder } from './walk.js';

export interface FoundImages {
  /** As a person named them, and where their bytes are. */
  readonly images: readonly { readonly name: string; readonly file: string }[];
  /** What could not be looked into, with the reason. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * The images that files, folders (at any depth) and glob patterns name, in the order of the inputs and naturally ordered within each;
 * one that several inputs name is taken once. A file that is named itself is taken whatever its extension.
 * Throws COMMAND_INVALID for an input that names no image.
 */
export async function findImages(inputs: readonly string[], folder: string): Promise<FoundImages> {
  const images = new Map<string, { name: string; file: string }>();
  const refused: { name: string; reason: string }[] = [];
  for (const input of inputs) {
    const found = await expand(input, folder);
    if (found.images.length === 0 && found.refused.length === 0) throw nothing(input, found.what);
    for (const image of found.images) if (!images.has(image.file)) images.set(image.file, image);
    refused.push(...found.refused);
  }
  return { images: [...images.values()], refused };
}

async function expand(input: string, folder: string): Promise<FoundImages & { readonly what: string }> {
  const place = path.resolve(folder, input);
  const status = await stat(place).catch(() => undefined);
  if (status?.isDirectory()) {
    const { files, refused } = await walkFolder(place);
    return {
      what: 'a folder without JPEG, PNG or WebP files',
      images: files.map((found) => ({ name: path.join(input, found.path), file: path.join(place, found.path) })),
      refused: refused.map(({ id, reason }) => ({ name: path.join(input, id), reason })),
    };
  }
  if (status && !status.isFile()) return { what: 'a pipe, a device or a socket, which may never end', images: [], refused: [] };
  if (status) return { what: 'a file', images: [{ name: input, file: place }], refused: [] };
  const pattern = path.sep === '\\' ? input.replaceAll('\\', '/') : input;
  const matches = await glob(pattern, { cwd: folder, expandDirectories: false, absolute: path.isAbsolute(input) });
  const named = await Promise.all(
    matches
      .filter(isImageName)
      .sort(compareNatural)
      .map(async (name) => {
        const file = path.resolve(folder, name);
        return { name, file, isFile: (await stat(file).catch(() => undefined))?.isFile() ?? false };
      }),
  );
  return {
    what: 'neither a file, nor a folder, nor a pattern that any JPEG, PNG or WebP file matches',
    images: named.filter(({ isFile }) => isFile).map(({ name, file }) => ({ name, file })),
    refused: named.filter(({ isFile }) => !isFile).map(({ name }) => ({ name, reason: 'it is no file, or a link to none' })),
  };
}

function nothing(input: string, what: string): PipelineError {
  return new PipelineError('COMMAND_INVALID', `"${input}" is ${what} · name image files, folders of them, or a quoted pattern such as 'photos/**/*.jpg'`);
}
