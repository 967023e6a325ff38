import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import type { DataSpec, Locations } from '../spec/resolved.js';
import type { Dataset, SetName } from './dataset.js';
import { DatasetWriter } from './dataset-writer.js';
import { fingerprintOf, type FingerprintPart } from './fingerprint.js';
import { openSource, placeOf } from './open-source.js';
import { PixelStatistics } from './pixel-statistics.js';
import { checkClasses, checkPoolQuota, nameOf, SPEC_KEY } from './set-faults.js';
import type { Listing, Source, Work } from './source.js';
import { SET_ORDER } from './split.js';
import { writeSet, type SetReport } from './write-set.js';

export interface PrepareInput extends Work {
  readonly data: DataSpec;
  readonly seed: number;
  readonly locations: Locations;
  /** Empty folders. The second receives the pool's labels, and stays empty if it has none. */
  readonly output: string;
  readonly hiddenOutput: string;
}

export interface PreparedDataset extends Dataset {
  readonly report: Readonly<Record<SetName, SetReport>>;
}

/**
 * Reads all sets once and writes the files that `dataset.ts` describes: the same bytes from the same content, seed and
 * data block, whatever `threads` is. Unreadable files are quarantined and, where a number per class is wanted, replaced.
 * Held in memory are the listings (one object per image), the hashes of all sets but the pool, and a few images.
 *
 * Throws DATA_MISSING, DATA_INVALID, DATA_CORRUPT, DATASET_EMPTY, CLASSES_DIFFER, and the signal's reason.
 */
export async function prepareDataset(input: PrepareInput): Promise<PreparedDataset> {
  const { data, output, hiddenOutput } = input;
  const scratch = join(output, '.scratch');
  await mkdir(scratch, { recursive: true });
  const sources = openSources(data, input.locations, scratch);
  let writer: DatasetWriter | undefined;
  try {
    const listings = await listSets(data, sources, input.signal);
    const classes = listings.labelled.classes!;
    writer = new DatasetWriter(output, hiddenOutput, classes);
    const { reports, statistics } = await writeSets(input, sources, listings, writer);
    const dataset: Dataset = {
      image: { size: data.image.size, channels: data.image.channels },
      classes,
      mean: data.image.mean ?? statistics.mean(),
      std: data.image.std ?? measuredStd(data, statistics),
      sets: imagesOf(reports),
      duplicates: sum(reports, 'duplicates'),
      quarantined: sum(reports, 'quarantined'),
      hiddenLabels: writer.hasHiddenLabels,
    };
    await writer.finish(dataset);
    return { ...dataset, report: reports };
  } finally {
    // An error on the way here is the one to report; without one, `finish` has closed the writer.
    await Promise.allSettled([writer?.close(), ...[...sources.values()].map((source) => source.close())]);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** SHA-256 of the content of all sets, and of which of them share a place. The part of the prepare key that a spec cannot tell. */
export async function datasetFingerprint(data: DataSpec, locations: Locations, work: Work = {}): Promise<string> {
  const sources = openSources(data, locations, '');
  const places = [...new Set(sources.values())];
  const contents = await Promise.all(places.map((source) => source.fingerprint(work)));
  const parts = SET_ORDER.map((set): FingerprintPart => {
    const place = places.indexOf(sources.get(set)!);
    return [`${set} from ${place}`, contents[place]!];
  });
  return fingerprintOf(parts);
}

export type Sources = ReadonlyMap<SetName, Source>;
type Listings = Readonly<Record<SetName, Listing>>;

/** Sets of one place get one source. A pool of folders has labels only where it shares its place with a set that is read by class. */
export function openSources(data: DataSpec, locations: Locations, scratch: string): Sources {
  const byPlace = new Map<string, Source>();
  const sources = SET_ORDER.map((set) => {
    const spec = data[SPEC_KEY[set]];
    const place = placeOf(spec, locations);
    const source = byPlace.get(place) ?? openSource(spec, locations, { isLabelled: set !== 'pool', scratch: join(scratch, String(byPlace.size)) });
    byPlace.set(place, source);
    return [set, source] as const;
  });
  return new Map(sources);
}

async function listSets(data: DataSpec, sources: Sources, signal: AbortSignal | undefined): Promise<Listings> {
  const listed: Partial<Record<SetName, Listing>> = {};
  for (const set of SET_ORDER) {
    signal?.throwIfAborted();
    const source = sources.get(set)!;
    const earlier = SET_ORDER.find((other) => listed[other] && sources.get(other) === source);
    // What a source refuses is reported once, by the first set that reads it.
    listed[set] = earlier ? { ...listed[earlier]!, refused: [], ignored: {} } : await source.list(signal);
  }
  const listings = listed as Listings;
  checkClasses(data, { labelled: listings.labelled.classes ?? [], validation: listings.validation.classes ?? [], test: listings.test.classes ?? [] });
  checkPoolQuota(data, listings.pool.classes !== null);
  return listings;
}

/** Set by set, in the order in which they take images. */
async function writeSets(
  input: PrepareInput,
  sources: Sources,
  listings: Listings,
  writer: DatasetWriter,
): Promise<{ reports: Record<SetName, SetReport>; statistics: PixelStatistics }> {
  const { data, seed, threads = availableParallelism(), signal } = input;
  const statistics = new PixelStatistics(data.image.channels);
  const taken = new Set<string>();
  const progress = new Progress(expectedImages(data, sources, listings), input.onProgress);
  const reports: Partial<Record<SetName, SetReport>> = {};
  for (const set of SET_ORDER) {
    const reading = { data, seed, set, source: sources.get(set)!, listing: listings[set], threads, signal };
    reports[set] = await writeSet(reading, {
      taken,
      writer,
      onTried: () => progress.advance(),
      onImage: (pixels) => set === 'labelled' && statistics.add(pixels),
    });
  }
  progress.finish();
  return { reports: reports as Record<SetName, SetReport>, statistics };
}

/** If every file can be read and no two sources overlap. */
function expectedImages(data: DataSpec, sources: Sources, listings: Listings): number {
  const left = new Map([...sources].map(([set, source]) => [source, listings[set].records.length]));
  return SET_ORDER.reduce((images, set) => {
    const [source, { perClass }] = [sources.get(set)!, data[SPEC_KEY[set]]];
    const there = left.get(source)!;
    const wanted = Math.min(there, perClass === null ? there : perClass * (listings[set].classes?.length ?? 1));
    left.set(source, there - wanted);
    return images + wanted;
  }, 0);
}

/** A report every `EVERY` images, and a last one at the end. */
class Progress {
  private step = 0;
  private readonly of: number;
  private readonly report: Work['onProgress'];

  constructor(of: number, report: Work['onProgress']) {
    this.of = of;
    this.report = report;
  }

  advance(): void {
    this.step++;
    if (this.step % EVERY === 0) this.report?.({ step: this.step, of: Math.max(this.of, this.step) });
  }

  finish(): void {
    this.report?.({ step: this.step, of: this.step });
  }
}

const EVERY = 64;

function measuredStd(data: DataSpec, statistics: PixelStatistics): readonly number[] {
  const std = statistics.std();
  const flat = std.indexOf(0);
  if (flat < 0) return std;
  throw new PipelineError(
    'DATA_INVALID',
    `${nameOf(data, 'labelled')}: channel ${flat} has the same value in all pixels, so its deviation is 0 and nothing can be divided by it · give data.image.std`,
  );
}

function sum(reports: Readonly<Record<SetName, SetReport>>, count: 'quarantined' | 'duplicates'): number {
  return SET_ORDER.reduce((total, set) => total + reports[set][count], 0);
}

function imagesOf({ labelled, validation, test, pool }: Readonly<Record<SetName, SetReport>>): Dataset['sets'] {
  return { labelled: labelled.images, validation: validation.images, test: test.images, pool: pool.images };
}
