import { locationsHere } from '../lib/redaction.js';
import type { DataSpec, Locations } from '../lib/spec/resolved.js';
import type { ArtifactRef } from '../lib/store/store.js';
import { attempt } from './attempt.js';
import { resizeKey } from './keys.js';
import type { PrepareDeps } from './prepare-data.js';
import { publishOnce, type PhaseResult } from './publish-once.js';

export interface ResizeInput {
  /** As for the data set that is followed, but for `image.size`. */
  readonly data: DataSpec;
  readonly seed: number;
  readonly locations: Locations;
  /** The data set whose images these are. */
  readonly like: ArtifactRef;
}

export interface ResizeResult extends PhaseResult {
  /** Images of the labelled set. */
  readonly labelled: number;
  /** Pixels. */
  readonly size: number;
}

/** Reads the images of a data set once more, at another size: the same sets, ids and positions. */
export const resizeData =
  ({ store, clock, userHome }: PrepareDeps) =>
  async ({ data, seed, like, ...input }: ResizeInput): Promise<ResizeResult> =>
    attempt('prepare', async (current) => {
      const { report } = current;
      const locations = locationsHere(input.locations, userHome);
      // Image decoding is loaded by the first preparation: a worker starts without it.
      const [{ datasetFingerprint }, { resizeDataset }, { readDataset }] = await Promise.all([
        import('../lib/data/prepare.js'),
        import('../lib/data/resize-dataset.js'),
        import('../lib/data/image-set.js'),
      ]);
      const progressOf = (doing: string, signal = current.signal) => ({
        signal,
        onProgress: (progress: object) => report({ doing, size: data.image.size, ...progress }),
      });
      const fingerprint = await datasetFingerprint(data, locations, progressOf('looking for changes'));
      const key = resizeKey(data, seed, { fingerprint, like: like.digest });
      const { manifest: _, ...result } = await publishOnce(current, { store, clock }, { phase: 'prepare', key }, async ({ output, signal }) => {
        await resizeDataset({ data, locations, like: await store.open(like), output, ...progressOf('reading images', signal) });
        return {};
      });
      const { sets } = await readDataset(await store.open(result.artifact));
      return { ...result, labelled: sets.labelled, size: data.image.size };
    });
