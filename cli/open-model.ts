import type { ModelName } from '../lib/models/names.js';
import { openModelFolder, type ModelPlaces } from '../lib/models/open-model.js';
import { readModel } from '../lib/models/read-model.js';
import type { Model } from '../lib/models/weights.js';
import { downloadProgress } from './inference-progress.js';

/** The weights of a name and the folder that they are in, downloaded if need be. What a bare or an old name means is said on stderr. */
export async function openModel(name: ModelName, places: ModelPlaces, signal: AbortSignal): Promise<{ readonly model: Model; readonly folder: string }> {
  const say = (message: string | undefined) => message && process.stderr.write(`${message}\n`);
  if (name.source === 'timm') say(name.warning ?? name.says);
  const folder = await openModelFolder(name, places, { warn: say, onProgress: downloadProgress(), signal });
  signal.throwIfAborted();
  return { model: await readModel(folder), folder };
}
