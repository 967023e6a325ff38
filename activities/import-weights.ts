import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../lib/errors.js';
import { adaptChannels } from '../lib/models/adapt-stem.js';
import type { HubSettings } from '../lib/models/hub.js';
import type { ModelName } from '../lib/models/names.js';
import { onThisMachine } from '../lib/redaction.js';
import { sha256Of } from '../lib/store/manifest.js';
import { attempt } from './attempt.js';
import { importKey } from './keys.js';
import type { PrepareDeps } from './prepare-data.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

export interface ImportInput {
  /** Their name, as the spec has it. */
  readonly weights: string;
  /** Where a folder of weights is on the workers' machines; null for other names. */
  readonly location: string | null;
  /** The model that they must be of. */
  readonly model: string;
  /** Of the images that they are wanted for. */
  readonly channels: number;
}

export interface ImportDeps extends PublishDeps, Pick<PrepareDeps, 'userHome'> {
  /** Its store and `runs/` hold the models that `run:` names. */
  readonly home: string;
  readonly hub: HubSettings;
}

export interface ImportResult extends PhaseResult {
  /** For each channel of the images, in 0…1: images are made for these weights as (x / 255 − mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Brings trained weights into the store, under a key of their content: by whatever name they come, they are the same artifact. They are
 * checked here, to the last number, so that a bad file never reaches the device.
 */
export const importWeights =
  ({ store, clock, home, userHome, hub }: ImportDeps) =>
  async ({ weights, location, model, channels }: ImportInput): Promise<ImportResult> =>
    attempt('import', async (current) => {
      // What reads models and asks the hub is loaded by the first import: a worker starts without it.
      const [{ CONFIG_FILE, modelFile, WEIGHTS_FILE }, { parseModelName }, { openModelFolder }, { openRunModel }, { checkModel, eachWeight }] =
        await Promise.all([
          import('../lib/models/model-files.js'),
          import('../lib/models/names.js'),
          import('../lib/models/open-model.js'),
          import('../lib/report/run-models.js'),
          import('../lib/models/weights.js'),
        ]);
      const { signal, report } = current;
      const name: ModelName = location === null ? parseModelName(weights) : { source: 'folder', folder: onThisMachine(location, userHome) };
      const places = { hub, folder: home, findRunModel: (run: string, wanted: number | 'baseline' | null) => openRunModel(store, home, run, wanted) };
      const onProgress = ({ file, received, size }: { file: string; received: number; size: number }) =>
        report({ doing: `downloading ${file}`, step: received, of: size });
      const folder = await openModelFolder(name, places, { signal, onProgress });
      const { network, config } = checkModel(folder);
      if (network.name !== model) throw ofAnotherModel(weights, network.name, model);

      report({ doing: 'looking for changes' });
      const key = importKey({ config: await sha256Of(modelFile(folder, CONFIG_FILE)), weights: await sha256Of(modelFile(folder, WEIGHTS_FILE)) });
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'import', key }, async ({ output }) => {
        for (const file of [CONFIG_FILE, WEIGHTS_FILE]) await copyFile(join(folder, file), join(output, file)); // the hub's are links
        report({ doing: 'checking' });
        await eachWeight(output, network, () => signal.throwIfAborted()); // what is published, should the folder change meanwhile
        return { weights };
      });
      const { mean, std } = adaptChannels(config.pretrained, channels);
      return { ...result, mean, std };
    });

function ofAnotherModel(weights: string, found: string, wanted: string): PipelineError {
  return new PipelineError(
    'WEIGHTS_INVALID',
    `${weights} are the weights of ${found}, but teacher.model is ${wanted} · write teacher.model: ${found}, or take other weights`,
  );
}
