import { access } from 'node:fs/promises';
import path from 'node:path';
import { loadSavedModel } from './saved-model.js';
import { loadModel, type Model } from './weights.js';

/** A folder of timm's, or a SavedModel that was exported here: what is in it decides. Throws what `loadModel` and `loadSavedModel` throw. */
export async function readModel(folder: string): Promise<Model> {
  return (await isSavedModel(folder)) ? loadSavedModel(folder) : loadModel(folder);
}

async function isSavedModel(folder: string): Promise<boolean> {
  return access(path.join(folder, 'saved_model.pb')).then(
    () => true,
    () => false,
  );
}
