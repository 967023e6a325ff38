import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '../errors.js';
import { fetchFromHub, type HubHooks, type HubSettings } from './hub.js';
import type { ModelName } from './names.js';
import { CONFIG_FILE, WEIGHTS_FILE } from './weights.js';

/** Where the names of models lead on this machine. */
export interface ModelPlaces {
  readonly hub: HubSettings;
  /** What relative paths behind `local-dir:` are relative to. */
  readonly folder: string;
  /** The folder of a model that was trained here; throws RUN_UNKNOWN. `generation` null = the run's last student. */
  findRunModel(run: string, generation: number | 'baseline' | null): Promise<string>;
}

/**
 * A local folder with the `config.json` and `model.safetensors` of a name, downloaded first where the name is the hub's.
 * Throws MODEL_UNKNOWN, RUN_UNKNOWN, WEIGHTS_INVALID for a folder whose files lead out of it, and what `fetchFromHub` throws.
 */
export async function openModelFolder(name: ModelName, places: ModelPlaces, hooks: HubHooks = {}): Promise<string> {
  switch (name.source) {
    case 'timm':
      return fetchModel(`timm/${name.architecture}.${name.tag}`, undefined, places.hub, hooks);
    case 'hub':
      return fetchModel(name.id, name.revision, places.hub, hooks);
    case 'run':
      return places.findRunModel(name.run, name.generation);
    case 'folder': {
      const folder = path.resolve(places.folder, name.folder);
      await checkInside(folder);
      return folder;
    }
  }
}

async function fetchModel(id: string, revision: string | undefined, hub: HubSettings, hooks: HubHooks): Promise<string> {
  const { folder } = await fetchFromHub({ id, revision, files: [CONFIG_FILE, WEIGHTS_FILE] }, hub, hooks);
  return folder;
}

/** A link in a folder from elsewhere may name any file of this machine. Those of the hub's cache lead to its `blobs`. */
async function checkInside(folder: string): Promise<void> {
  const own = await realpath(folder).catch(() => folder);
  const root = /[\\/]models--[^\\/]+[\\/]snapshots[\\/][^\\/]+$/.test(own) ? path.resolve(own, '..', '..') : own;
  for (const name of [CONFIG_FILE, WEIGHTS_FILE]) {
    const file = path.join(folder, name);
    const target = await realpath(file).catch(() => file); // one that is not there is told by whoever reads it
    if (target === file || target.startsWith(root + path.sep)) continue;
    throw new PipelineError('WEIGHTS_INVALID', `${file} is a link to ${target}, but the files of a model must lie in its folder · copy the file there`);
  }
}
