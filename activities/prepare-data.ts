import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../lib/data/dataset.js';
import { locationsHere } from '../lib/redaction.js';
import type { DataSpec, Locations } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { hiddenLabelsKey, prepareKey } from './keys.js';
import { publishOnce, type PhaseResult, type PublishDeps } from './publish-once.js';

export interface PrepareInput {
  readonly data: DataSpec;
  readonly seed: number;
  /** Where the paths of the spec are on the workers' machines. */
  readonly locations: Locations;
}

export interface PrepareDeps extends PublishDeps {
  /** Of the user that this worker runs as: what `~/…` means here. */
  readonly userHome: string;
  /** Starts the process that the training which follows runs in, so that it loads meanwhile; absent where this worker trains nothing. */
  readonly warmDevice?: () => void;
}

export interface PrepareResult extends PhaseResult {
  readonly poolImages: number;
  /** Null where the source of the pool has no labels. */
  readonly hiddenLabels: ArtifactRef | null;
}

/**
 * Reads the sets, and puts the pool's true labels into an artifact of their own, where no training can meet them.
 * The key holds the files' contents, so each run reads them: an image that was replaced is noticed.
 */
export const prepareData =
  ({ store, clock, warmDevice, userHome }: PrepareDeps) =>
  async ({ data, seed, ...input }: PrepareInput): Promise<PrepareResult> =>
    attempt('prepare', async (current) => {
      const { name, report } = current;
      const locations = locationsHere(input.locations, userHome);
      // Image decoding is loaded by the first preparation: a worker starts without it.
      const { datasetFingerprint, prepareDataset } = await import('../lib/data/prepare.js');
      const progressOf = (doing: string, signal = current.signal) => ({ signal, onProgress: (progress: object) => report({ doing, ...progress }) });
      const key = prepareKey(data, seed, await datasetFingerprint(data, locations, progressOf('looking for changes')));
      const hiddenKey = hiddenLabelsKey(key);
      const isWhole = async (published: ArtifactRef) =>
        !(await readDataset(await store.open(published))).hiddenLabels || (await store.find('hidden-labels', hiddenKey)) !== undefined;

      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'prepare', key, isWhole }, async ({ output, signal, check }) => {
        warmDevice?.();
        const hiddenOutput = await store.workFolder(hiddenKey, name);
        const { hiddenLabels } = await prepareDataset({ data, seed, locations, output, hiddenOutput, ...progressOf('reading images', signal) });
        signal.throwIfAborted();
        await check();
        if (hiddenLabels) await store.publish('hidden-labels', hiddenKey, hiddenOutput, { seconds: 0 });
        await store.clear(hiddenKey);
        return {};
      });
      const dataset = await readDataset(await store.open(result.artifact));
      return { ...result, poolImages: dataset.sets.pool, hiddenLabels: dataset.hiddenLabels ? await refOf(store, hiddenKey) : null };
    });

async function refOf(store: PublishDeps['store'], key: string): Promise<ArtifactRef | null> {
  const found = await store.find('hidden-labels', key);
  return found === undefined ? null : { phase: found.phase, key: found.key, digest: found.digest };
}

async function readDataset(folder: string): Promise<Dataset> {
  return JSON.parse(await readFile(join(folder, 'dataset.json'), 'utf8')) as Dataset;
}
