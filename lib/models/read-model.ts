import { existsSync } from 'node:fs';
import path from 'node:path';
import { GRAPH_FILE } from '../tensor/saved-model.js';
import { loadSavedModel } from './saved-model.js';
import { loadModel, type Model } from './weights.js';

/** A folder of timm's, or a SavedModel that was exported here: what is in it decides. Throws what `loadModel` and `loadSavedModel` throw. */
export async function readModel(folder: string): Promise<Model> {
  return existsSync(path.join(folder, GRAPH_FILE)) ? loadSavedModel(folder) : loadModel(folder);
}
