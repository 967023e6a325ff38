import path from 'node:path';
import { PipelineError } from '../errors.js';
import { findPublished } from './catalogue.js';
import { fetchFromHub, type HubHooks, type HubSettings } from './hub.js';
import { CONFIG_FILE, WEIGHTS_FILE } from './model-files.js';
import type { ModelName } from './names.js';

/** Where the names of models lead on this machine. */
export interface ModelPlaces {
  readonly hub: HubSettings;
  /** What relative paths behind `local-dir:` are relative to. */
  readonly folder: string;
  /** The folder of a model that was trained here; throws RUN_UNKNOWN. `generation` null = the run's last student. */
  findRunModel(run: string, generation: number | 'baseline' | null): Promise<string>;
}

export interface OpenModelOptions extends HubHooks {
  /** The weights are not wanted, and not downloaded. */
  readonly isConfigEnough?: boolean;
}

/**
 * A local folder with the `config.json` and `model.safetensors` of a name, or an exported SavedModel; downloaded first where the name is
 * the hub's. Whoever reads the files looks at what they are. Throws MODEL_UNKNOWN, also for a name without published weights,
 * RUN_UNKNOWN, and what `fetchFromHub` throws.
 */
export async function openModelFolder(name: ModelName, places: ModelPlaces, { isConfigEnough = false, ...hooks }: OpenModelOptions = {}): Promise<string> {
  const files = isConfigEnough ? [CONFIG_FILE] : [CONFIG_FILE, WEIGHTS_FILE];
  const fetchModel = async (id: string, revision?: string) => (await fetchFromHub({ id, revision, files }, places.hub, hooks)).folder;
  switch (name.source) {
    case 'timm': {
      const { hubId } = findPublished(name);
      if (hubId === null) throw unpublished(name.architecture);
      return fetchModel(hubId);
    }
    case 'hub':
      return fetchModel(name.id, name.revision);
    case 'run':
      return places.findRunModel(name.run, name.generation);
    case 'folder':
      return path.resolve(places.folder, name.folder);
  }
}

/** Nobody published weights of that architecture. */
export function unpublished(architecture: string): PipelineError {
  return new PipelineError(
    'MODEL_UNKNOWN',
    `no weights of ${architecture} were published; a pipeline trains it from the start (npx noisy-student run), and createModel('${architecture}') gives a fresh one.`,
  );
}
