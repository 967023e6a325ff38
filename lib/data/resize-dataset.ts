import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import type { DataSpec, Locations } from '../spec/resolved.js';
import { chunkFile, ChunkWriter } from './chunk-writer.js';
import { CHUNK, type Dataset, type SetName } from './dataset.js';
import { ImageSet } from './image-set.js';
import { inOrder } from './in-order.js';
import { openSources } from './prepare.js';
import type { Source, SourceRecord, Work } from './source.js';
import { SET_ORDER } from './split.js';

export interface ResizeDatasetInput extends Work {
  /** As for the data set that is followed, but for `image.size`. */
  readonly data: DataSpec;
  readonly locations: Locations;
  /** Folder of the prepared data set whose images these are. */
  readonly like: string;
  /** An empty folder. */
  readonly output: string;
}

/**
 * Writes a prepared data set with the images of another one at another size: the same sets, ids and positions, and the same mean and
 * std, which belong to the models and not to the size. Preparing anew could give others: two images may have the same pixels at one
 * size alone. What was set aside then is not read again. Its labels and lists are copied; hidden labels are those of the other one.
 *
 * Throws DATA_MISSING or DATA_INVALID where an image is not what it was any more, and the signal's reason.
 */
export async function resizeDataset(input: ResizeDatasetInput): Promise<Dataset> {
  const { data, locations, like, output, signal } = input;
  const scratch = join(output, '.scratch');
  await mkdir(scratch, { recursive: true });
  const sources = openSources(data, locations, scratch);
  try {
    let done = 0;
    let prepared: Dataset | undefined;
    for (const set of SET_ORDER) {
      const images = await ImageSet.open(like, set, { memoryBytes: 0 });
      prepared = images.dataset;
      const of = Object.values(prepared.sets).reduce((sum, count) => sum + count, 0);
      await writePixels(images, sources.get(set)!, input, () => input.onProgress?.({ step: ++done, of }));
      for (let chunk = 0; chunk * CHUNK < images.count; chunk++) await cp(chunkFile(like, set, chunk, 'jsonl'), chunkFile(output, set, chunk, 'jsonl'));
    }
    signal?.throwIfAborted();
    for (const file of ['duplicates.jsonl', 'quarantine.jsonl']) await cp(join(like, file), join(output, file));
    const dataset: Dataset = { ...prepared!, image: { size: data.image.size, channels: data.image.channels } };
    await writeFile(join(output, 'dataset.json'), `${JSON.stringify(dataset, null, 2)}\n`); // the last file: what lies beside it is whole
    return dataset;
  } finally {
    await Promise.allSettled([...sources.values()].map((source) => source.close()));
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Decodes the images of a set in its order. */
async function writePixels(
  images: ImageSet,
  source: Source,
  { data, output, threads = availableParallelism(), signal }: ResizeDatasetInput,
  onImage: () => void,
): Promise<void> {
  const { set, count } = images;
  const records = await recordsById(set, source, signal);
  const writer = new ChunkWriter(output, set, 'pixels');
  try {
    for (let from = 0; from < count; from += CHUNK) {
      const ids = await images.ids(from, Math.min(from + CHUNK, count));
      let waiting = 0;
      for (const next of inOrder(ids, threads, (id) => source.decode(records.get(id) ?? gone(id, images), data.image))) {
        const pixels = next instanceof Promise ? await next : next; // uint8 [size, size, channels]
        signal?.throwIfAborted();
        writer.write(pixels);
        waiting += pixels.length;
        if (waiting >= BUFFER_BYTES) {
          await writer.flush();
          waiting = 0;
        }
        onImage();
      }
    }
  } finally {
    await writer.close();
  }
}

const BUFFER_BYTES = 4 * 2 ** 20;

async function recordsById(set: SetName, source: Source, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, SourceRecord>> {
  const { records } = await source.list(signal);
  return new Map(records.map((record) => [set === 'pool' ? source.poolId(record) : record.id, record]));
}

function gone(id: string, { set, dataset: { image } }: ImageSet): never {
  throw new PipelineError(
    'DATA_INVALID',
    `${id} of the ${set} set was there when the images were prepared at ${image.size} pixels, but is not any more · put it back, or start the run again: what changed is then prepared anew`,
  );
}
