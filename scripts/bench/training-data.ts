import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SetName } from '../../lib/data/dataset.js';
import { DatasetWriter } from '../../lib/data/dataset-writer.js';
import type { TrainJob } from '../../lib/device/messages.js';
import { selectLabels } from '../../lib/labels/select.js';
import { randomKey } from '../../lib/noise/random.js';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import { writeLabelShards } from './label-shards.js';
import { picture } from './picture.js';

export interface DataSize {
  readonly size: number;
  readonly channels: 1 | 3;
  readonly labelled: number;
  readonly pool: number;
}

const CLASSES = Array.from({ length: 10 }, (_, label) => `class ${label}`);

/** All that a student's training opens, made up in `folder`: a prepared data set, and a selection from its pool. */
export async function madeUpTraining(folder: string, size: DataSize, generation: GenerationSpec): Promise<TrainJob> {
  const at = (name: string) => join(folder, name);
  const job = {
    kind: 'train',
    seed: 1,
    generation,
    dataset: at('dataset'),
    selection: at('selection'),
    checkpoints: at('checkpoints'),
    output: at('output'),
  } as const;
  for (const each of [job.dataset, job.selection, job.checkpoints, job.output]) await mkdir(each, { recursive: true });
  await writeDataset(job.dataset, size);
  const shards = await writeLabelShards(at('labels'), { images: size.pool, classes: CLASSES.length, shards: 1 });
  const { index, selection } = generation;
  await selectLabels({ shards, previous: null, classes: CLASSES, selection, seed: job.seed, generation: index, hidden: null, output: job.selection });
  return job;
}

async function writeDataset(folder: string, { size, channels, labelled, pool }: DataSize): Promise<void> {
  const sets = { labelled, validation: 0, test: 0, pool };
  const writer = new DatasetWriter(folder, folder, CLASSES);
  const key = randomKey({ seed: 1, generation: 0, phase: 'bench', purpose: 'pictures' });
  let index = 0;
  for (const [set, count] of Object.entries(sets) as [SetName, number][]) {
    for (let position = 0; position < count; position++, index++) {
      const id = `${set}/${position}`;
      if (writer.isFull) await writer.flush();
      const label = set === 'pool' ? null : CLASSES[position % CLASSES.length]!;
      writer.add(set, { id, label, origin: id, position }, picture(key, { size, channels }, index).pixels);
    }
  }
  const perChannel = (share: number) => Array<number>(channels).fill(share);
  await writer.finish({
    image: { size, channels },
    classes: CLASSES,
    mean: perChannel(0.3),
    std: perChannel(0.35),
    sets,
    duplicates: 0,
    quarantined: 0,
    hiddenLabels: false,
  });
}
