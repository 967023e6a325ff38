import { existsSync, opendirSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { countImages, countLabels, idxFile, idxName, idxPrefixes, idxPrefixOf } from './idx.js';
import type { SourceSpec } from './resolved.js';
import { nearest } from '../nearest.js';

type Place = Pick<SourceSpec, 'format' | 'path'>;

/** Where a source is on this machine, or what is missing of it and where it was looked for. */
export type Found =
  | { readonly location: string }
  /** No folders: the path is absolute. */
  | { readonly missing: string; readonly folders: readonly string[]; readonly suggestion?: string }
  | { readonly problem: string };

/** What is cheap to know about a set with labels: images of each class, Infinity where counting would take long. */
export type Survey = { readonly classes: ReadonlyMap<string, number> | undefined } | { readonly problem: string };

/** Entries of folders that one survey reads before it stops counting. */
const MAX_ENTRIES = 20_000;

/**
 * Looks a source up in the folders, in order. Its location is a folder, or the common beginning of the paths of
 * its two files. `needsLabels`: both files of an idx pair must be there, else the images alone.
 */
export function findSource({ format, path }: Place, folders: readonly string[], needsLabels: boolean): Found {
  const places = isAbsolute(path) ? [path] : folders.map((folder) => resolve(folder, path));
  if (format === 'folder') {
    const location = places.find((folder) => existsSync(folder));
    if (location === undefined) return lost({ format, path }, folders, `the folder ${path}`);
    return statSync(location).isDirectory() ? { location } : { problem: `${location} is a file, not a folder` };
  }
  const location = places.flatMap(idxPrefixes).find((prefix) => idxFile(prefix, 'images') !== undefined);
  if (location === undefined) return lost({ format, path }, folders, `${idxName(path, 'images')} (or .gz)`);
  if (!needsLabels || idxFile(location, 'labels') !== undefined) return { location };
  return { missing: `${idxName(basename(location), 'labels')} (or .gz)`, folders: [dirname(location)] };
}

/** Counts the images of each class, up to `enough` of each where a folder has to be listed for it. */
export function surveySource(format: SourceSpec['format'], location: string, enough: number): Survey {
  try {
    return format === 'idx' ? surveyIdx(location) : { classes: countFolders(location, enough) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function surveyIdx(location: string): Survey {
  const images = idxFile(location, 'images');
  const labels = idxFile(location, 'labels');
  const count = images === undefined ? 0 : countImages(images);
  const classes = labels === undefined ? undefined : countLabels(labels);
  if (count === 0) return { problem: `${images} has no image` };
  const labelled = classes && [...classes.values()].reduce((sum, value) => sum + value, 0);
  if (labelled !== undefined && labelled !== count) return { problem: `${images} has ${count} images, but ${labels} has ${labelled} labels` };
  return { classes };
}

function countFolders(location: string, enough: number): ReadonlyMap<string, number> {
  let left = MAX_ENTRIES;
  const names = subfolders(location, readdirSync(location, { withFileTypes: true })).sort();
  return new Map(names.map((name) => [name, left > 0 ? count(join(location, name)) : Infinity]));

  /** Every visible file counts: which of them are images is found out when they are read. */
  function count(folder: string): number {
    const directory = opendirSync(folder);
    try {
      let files = 0;
      for (let entry = directory.readSync(); entry !== null && files < enough; entry = directory.readSync()) {
        left -= 1;
        if (left <= 0 || entry.isDirectory() || entry.isSymbolicLink()) return Infinity;
        if (!entry.name.startsWith('.')) files += 1;
      }
      return files < enough ? files : Infinity;
    } finally {
      directory.closeSync();
    }
  }
}

function lost(source: Place, folders: readonly string[], missing: string): Found {
  if (isAbsolute(source.path)) return { missing, folders: [] };
  const [suggestion] = folders.flatMap((folder) => nearestPath(source, folder) ?? []);
  return { missing, folders, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** The path with each part that does not exist replaced by the most similar one that does. */
function nearestPath({ format, path }: Place, base: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const right: string[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const here = join(base, ...right);
    const names = isLast && format === 'idx' ? prefixes(here) : subfolders(here);
    const name = names.includes(part) ? part : nearest(part, names);
    if (name === undefined) return undefined;
    right.push(name);
  }
  return right.join('/');
}

function prefixes(folder: string): string[] {
  const names = entries(folder).flatMap(({ name }) => idxPrefixOf(name) ?? []);
  return names.includes('t10k') ? ['test', ...names] : names;
}

function subfolders(folder: string, inside = entries(folder)): string[] {
  return inside.flatMap((entry) => {
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory());
    return isFolder && !entry.name.startsWith('.') ? [entry.name] : [];
  });
}

/** Nothing where there is no such folder, or it may not be read: this only looks for similar names. */
function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
