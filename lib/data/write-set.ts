import { PipelineError } from '../errors.js';
import type { DataSpec } from '../spec/resolved.js';
import type { SetName } from './dataset.js';
import type { DatasetWriter } from './dataset-writer.js';
import { inOrder } from './in-order.js';
import { checkCorrupt, checkEnough, SPEC_KEY } from './set-faults.js';
import type { ImageShape, Listing, Refusal, Source, SourceRecord } from './source.js';
import { drawSet, type Draw } from './split.js';

export interface SetReading {
  readonly data: DataSpec;
  readonly seed: number;
  readonly set: SetName;
  readonly source: Source;
  readonly listing: Listing;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

export interface SetWriting {
  readonly writer: DatasetWriter;
  /** Origins of all images that a set took or found unreadable; grows. */
  readonly taken: Set<string>;
  onTried(): void;
  onImage(pixels: Uint8Array): void;
}

/** What a person should know of a set and no later phase reads. */
export interface SetReport {
  readonly images: number;
  /** Files that were decoded, or tried to be. */
  readonly tried: number;
  readonly quarantined: number;
  /** Images that are in an earlier set as well; of the pool they were dropped. */
  readonly duplicates: number;
  /** Files beside the images, by extension. */
  readonly ignored: Readonly<Record<string, number>>;
}

/** Draws, decodes and writes one set. Throws DATASET_EMPTY, DATA_INVALID, DATA_CORRUPT, and the signal's reason. */
export async function writeSet(reading: SetReading, writing: SetWriting): Promise<SetReport> {
  const { data, seed, set, listing } = reading;
  const draws = drawSet(listing, { set, seed, perClass: data[SPEC_KEY[set]].perClass, taken: writing.taken });
  checkEnough(data, set, draws, ({ candidates }) => candidates.length);

  const tally: Tally = { kept: new Map(), tried: 0, duplicates: 0, quarantined: 0, lost: [] };
  for (const refusal of listing.refused) quarantine(refusal, tally, set, writing.writer);
  for (const draw of draws) await writeDraw(draw, tally, reading, writing);

  const files = tally.tried + listing.refused.filter(({ isLost }) => isLost).length;
  checkCorrupt(data, set, files, tally.lost);
  checkEnough(data, set, draws, (draw) => tally.kept.get(draw) ?? 0);
  const images = draws.reduce((total, draw) => total + tally.kept.get(draw)!, 0);
  return { images, tried: files, quarantined: tally.quarantined, duplicates: tally.duplicates, ignored: listing.ignored };
}

interface Tally {
  readonly kept: Map<Draw, number>;
  tried: number;
  duplicates: number;
  quarantined: number;
  readonly lost: Refusal[];
}

async function writeDraw(
  draw: Draw,
  tally: Tally,
  { data, set, source, threads, signal }: SetReading,
  { writer, taken, onTried, onImage }: SetWriting,
): Promise<void> {
  let readable = 0;
  for (const next of inOrder(draw.candidates, threads, (candidate) => decode(source, candidate, data.image))) {
    const { record, result } = next instanceof Promise ? await next : next;
    signal?.throwIfAborted();
    if (writer.isFull) await writer.flush();
    tally.tried++;
    onTried();
    if (set !== 'pool') taken.add(record.origin);
    if (typeof result === 'string') {
      quarantine({ id: record.id, reason: result, isLost: true }, tally, set, writer);
      continue;
    }
    const fate = writer.add(set, record, result, set === 'pool' ? source.poolId(record) : record.id);
    if (fate !== 'kept') tally.duplicates++;
    if (fate !== 'dropped') {
      tally.kept.set(draw, (tally.kept.get(draw) ?? 0) + 1);
      onImage(result);
    }
    readable++;
    if (readable === draw.wanted) return; // The rest of the candidates is for later sets.
  }
}

interface Decoded {
  readonly record: SourceRecord;
  /** Pixels uint8 [size, size, channels], or the reason why there are none. */
  readonly result: Uint8Array | string;
}

function decode(source: Source, record: SourceRecord, image: ImageShape): Decoded | Promise<Decoded> {
  const pixels = source.decode(record, image);
  if (!(pixels instanceof Promise)) return { record, result: pixels };
  return pixels.then(
    (result) => ({ record, result }),
    (error: unknown) => ({ record, result: reasonOf(error) }),
  );
}

/** Of what is no fault of the file, such as a full table of open files or a failing disk, there is none: it is thrown. */
function reasonOf(error: unknown): string {
  const reason = error instanceof PipelineError ? error.evidence?.['reason'] : undefined;
  if (typeof reason !== 'string') throw error;
  return reason;
}

function quarantine(refusal: Refusal, tally: Tally, set: SetName, writer: DatasetWriter): void {
  tally.quarantined++;
  if (refusal.isLost) tally.lost.push(refusal);
  writer.quarantine(set, refusal.id, refusal.reason);
}
