import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PipelineError } from '../errors.js';
import type { Models, WeightsFound } from '../spec/subject.js';
import { findPublished } from './catalogue.js';
import { layerGroups } from './layer-groups.js';
import { CONFIG_FILE } from './model-files.js';
import { parseModelName } from './names.js';
import { modelNames, outlineNetwork, parameterCount } from './variants.js';
import { checkModel } from './weights.js';

/** What the checks of a pipeline file want to know of models. Looks at what folders hold that it names, but reads no weights. */
export function pipelineModels(): Models {
  return {
    names: modelNames(),
    parameters: parameterCount,
    groups: (model) => layerGroups(outlineNetwork(model, { classes: 2, channels: 3 })), // neither changes them
    weights: weightsFound,
  };
}

function weightsFound(written: string, folders: readonly string[]): WeightsFound {
  try {
    const name = parseModelName(written);
    switch (name.source) {
      case 'timm':
        return findPublished(name).hubId === null ? { problem: `${name.architecture} has no published weights` } : { model: name.architecture };
      case 'hub':
        return { model: architectureIn(name.id) };
      case 'folder':
        return findFolder(name.folder, folders);
      case 'run':
        return { model: null };
    }
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { problem: reasonOf(error) };
  }
}

/** Ids of timm's hub repositories are names of weights; those of others tell no architecture. */
function architectureIn(id: string): string | null {
  const [architecture = ''] = id.slice(id.lastIndexOf('/') + 1).split('.');
  return modelNames().includes(architecture) ? architecture : null;
}

function findFolder(folder: string, folders: readonly string[]): WeightsFound {
  const places = folders.map((base) => resolve(base, folder));
  const location = places.find((place) => existsSync(join(place, CONFIG_FILE)));
  if (location === undefined) return { problem: `no ${CONFIG_FILE} is in ${[...new Set(places)].join(' or ')}` };
  return { model: checkModel(location).network.name, location };
}

/** Inside a sentence of ours. */
function reasonOf({ code, message }: PipelineError): string {
  const words = message.slice(code.length + 1).replace(/\.$/, '');
  return words.charAt(0).toLowerCase() + words.slice(1);
}
