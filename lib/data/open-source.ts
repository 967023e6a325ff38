import { resolve } from 'node:path';
import { PipelineError } from '../errors.js';
import type { Locations, SourceSpec } from '../spec/resolved.js';
import { FolderSource } from './folder.js';
import { IdxSource, type IdxOptions } from './idx.js';
import type { Source } from './source.js';

/** One line per format of `data.*.format`. */
const FORMATS: Readonly<Record<SourceSpec['format'], (options: IdxOptions) => Source>> = {
  idx: (options) => new IdxSource(options),
  folder: (options) => new FolderSource(options),
};

/** Opens nothing yet: faults are found by `list`. Throws DATA_MISSING if the path was not found on this machine. */
export function openSource(
  { format, path }: SourceSpec,
  locations: Locations,
  { isLabelled, scratch }: { readonly isLabelled: boolean; readonly scratch: string },
): Source {
  return FORMATS[format]({ name: path.replace(/(?<=.)\/+$/, ''), location: locate(path, locations), isLabelled, scratch });
}

/** Sources with the same place are one source: sets share its images. */
export function placeOf({ format, path }: SourceSpec, locations: Locations): string {
  return `${format} ${locate(path, locations)}`;
}

function locate(path: string, locations: Locations): string {
  const location = locations[path];
  if (location === undefined)
    throw new PipelineError('DATA_MISSING', `${path} is not known on this machine; it was looked for among ${Object.keys(locations).join(', ') || 'no path'}`);
  return resolve(location);
}
