import type { HubSettings } from '../lib/models/hub.js';
import type { ModelName } from '../lib/models/names.js';
import { PipelineError } from '../lib/errors.js';
import type { Locations, ResolvedSpec } from '../lib/spec/resolved.js';
import type { ArtifactStore } from '../lib/store/store.js';
import { sha256Of } from '../lib/store/manifest.js';
import type { OutsideNow } from './plan.js';

export interface Places {
  /** Of the models that `run:` names. */
  readonly home: string;
  readonly hub: HubSettings;
  readonly store: Pick<ArtifactStore, 'open'>;
}

/**
 * Looks at the files that a pipeline reads, as its run will: it reads all of the sets, to notice an image that was replaced. Nothing is
 * downloaded. Throws what the run's first phases would throw.
 */
export async function lookOutside({ data, generations: [teacher] }: ResolvedSpec, locations: Locations, places: Places): Promise<OutsideNow> {
  const { datasetFingerprint } = await import('../lib/data/prepare.js');
  const files = await datasetFingerprint(data, locations);
  const name = teacher!.weights;
  const weights = name === undefined ? undefined : await lookAtWeights(name, locations, places, data.image.channels);
  return { files, weights: { config: '', weights: '' }, normalisation: undefined, ...weights };
}

async function lookAtWeights(written: string, locations: Locations, { home, hub, store }: Places, channels: number): Promise<Partial<OutsideNow>> {
  const [{ adaptChannels }, { CONFIG_FILE, modelFile, WEIGHTS_FILE }, { parseModelName }, { openModelFolder }, { openRunModel }, { checkModel }] =
    await Promise.all([
      import('../lib/models/adapt-stem.js'),
      import('../lib/models/model-files.js'),
      import('../lib/models/names.js'),
      import('../lib/models/open-model.js'),
      import('../lib/report/run-models.js'),
      import('../lib/models/weights.js'),
    ]);
  const location = locations[written];
  const name: ModelName = location === undefined ? parseModelName(written) : { source: 'folder', folder: location };
  const findRunModel = (run: string, wanted: number | 'baseline' | null) => openRunModel(store, home, run, wanted);
  const folder = await openModelFolder(name, { hub: { ...hub, isOffline: true }, folder: home, findRunModel }).catch((error: unknown) => {
    if (error instanceof PipelineError && error.code === 'HUB_UNREACHABLE') return undefined; // not downloaded yet
    throw error;
  });
  if (folder === undefined) return {};
  const [config, weights] = await Promise.all([CONFIG_FILE, WEIGHTS_FILE].map((file) => sha256Of(modelFile(folder, file))));
  const { mean, std } = adaptChannels(checkModel(folder).config.pretrained, channels);
  return { weights: { config: config!, weights: weights! }, normalisation: { mean, std } };
}
