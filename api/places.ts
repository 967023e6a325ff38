import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { hubSettings, type HubHooks, type HubSettings } from '../lib/models/hub.js';
import type { ModelPlaces } from '../lib/models/open-model.js';
import { openRunModel } from '../lib/report/run-models.js';
import { openStore, storeSettings } from '../lib/store/open-store.js';
import { NO_RUN, references } from '../lib/store/references.js';
import type { ArtifactRef } from '../lib/store/store.js';

export interface PlaceOptions {
  /** Holds the runs that `run:ID` names; default: NOISY_STUDENT_HOME or .noisy-student. */
  readonly home?: string | undefined;
  /** Instead of what HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE and HF_TOKEN say. */
  readonly hub?: Partial<HubSettings> | undefined;
  /** Bytes of a download that are there so far. */
  readonly onProgress?: HubHooks['onProgress'];
}

/** Where names lead on this machine, by the environment unless said otherwise. */
export function modelPlaces({ home, hub }: PlaceOptions = {}): ModelPlaces {
  const runs = path.resolve(home ?? (process.env['NOISY_STUDENT_HOME'] || '.noisy-student'));
  return {
    hub: { ...hubSettings(process.env, homedir()), ...hub },
    folder: process.cwd(),
    findRunModel: async (run, generation) => {
      const store = await openStore(runs, storeSettings(process.env), Date.now);
      const { use } = references(store.notes);
      const open = async (ref: ArtifactRef) => {
        // What is read is not taken by gc meanwhile. Who may not write to the store reads all the same.
        await use({ run: NO_RUN, execution: randomUUID() }, ref.key).catch(() => undefined);
        return store.open(ref);
      };
      return openRunModel({ open }, runs, run, generation);
    },
  };
}
