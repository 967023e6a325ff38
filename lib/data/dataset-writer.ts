import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChunkWriter, FileWriter, jsonLine } from './chunk-writer.js';
import type { Dataset, SetName } from './dataset.js';
import type { SourceRecord } from './source.js';

/** What became of an image that could be read. */
export type Fate = 'kept' | 'kept, but in two sets' | 'dropped';

const BUFFER_BYTES = 4 * 2 ** 20;

interface Place {
  readonly id: string;
  readonly set: SetName;
}

/**
 * Writes the files that `dataset.ts` describes, one image after the other, and finds images that are in two sets
 * by the SHA-256 of their pixels. Held are the hashes of all sets but the pool, about 250 bytes an image, and what waits for `flush`.
 */
export class DatasetWriter {
  /** Whether a pool image had a label that the data set knows. */
  hasHiddenLabels = false;
  private readonly seen = new Map<string, Place>();
  private readonly pixels = new Map<SetName, ChunkWriter>();
  private readonly lines = new Map<SetName, ChunkWriter>();
  private readonly classIndex: ReadonlyMap<string, number>;
  private readonly output: string;
  private readonly hidden: ChunkWriter;
  private readonly duplicates: FileWriter;
  private readonly quarantined: FileWriter;
  private waitingBytes = 0;

  /** `hiddenOutput` receives the pool's labels and stays empty if the pool has none. Both folders exist. */
  constructor(output: string, hiddenOutput: string, classes: readonly string[]) {
    this.output = output;
    this.classIndex = new Map(classes.map((name, index) => [name, index]));
    this.hidden = new ChunkWriter(hiddenOutput, 'hidden', 'jsonl');
    this.duplicates = new FileWriter(join(output, 'duplicates.jsonl'));
    this.quarantined = new FileWriter(join(output, 'quarantine.jsonl'));
  }

  /**
   * `pixels` uint8 [size, size, channels] must not change any more. A pool image that is in another set is dropped; one that is
   * kept goes by `poolId`, and its label to the hidden ones, unless the data set does not have that class.
   */
  add(set: SetName, record: SourceRecord, pixels: Uint8Array, poolId = record.id): Fate {
    const hash = createHash('sha256').update(pixels).digest('base64');
    const same = this.seen.get(hash);
    const isDuplicate = same !== undefined && same.set !== set;
    const isDropped = isDuplicate && set === 'pool';
    if (isDuplicate) this.put(this.duplicates, jsonLine({ id: record.id, set, same, dropped: isDropped }));
    if (isDropped) return 'dropped';
    if (!same && set !== 'pool') this.seen.set(hash, { id: record.id, set });

    this.put(this.writerOf(this.pixels, set, 'pixels'), pixels);
    const label = record.label === null ? undefined : this.classIndex.get(record.label);
    const line = set === 'pool' ? { id: poolId } : { id: record.id, label: label! };
    this.put(this.writerOf(this.lines, set, 'jsonl'), jsonLine(line));
    if (set === 'pool' && label !== undefined) {
      this.hasHiddenLabels = true;
      this.put(this.hidden, jsonLine({ id: poolId, label, ...(poolId !== record.id && { file: record.id }) }));
    }
    return isDuplicate ? 'kept, but in two sets' : 'kept';
  }

  quarantine(set: SetName, id: string, reason: string): void {
    this.put(this.quarantined, jsonLine({ id, set, reason }));
  }

  /** Whether what waits in memory is enough to be written: ask after each image. */
  get isFull(): boolean {
    return this.waitingBytes >= BUFFER_BYTES;
  }

  async flush(): Promise<void> {
    this.waitingBytes = 0;
    for (const file of this.files()) await file.flush();
  }

  /** `dataset.json` is the last file: what lies beside it is whole. */
  async finish(dataset: Dataset): Promise<void> {
    await this.close();
    await writeFile(join(this.output, 'dataset.json'), `${JSON.stringify(dataset, null, 2)}\n`);
  }

  async close(): Promise<void> {
    await Promise.all(this.files().map((file) => file.close()));
  }

  private files(): (ChunkWriter | FileWriter)[] {
    return [...this.pixels.values(), ...this.lines.values(), this.hidden, this.duplicates, this.quarantined];
  }

  private put(to: ChunkWriter | FileWriter, bytes: Uint8Array): void {
    to.write(bytes);
    this.waitingBytes += bytes.length;
  }

  private writerOf(writers: Map<SetName, ChunkWriter>, set: SetName, extension: string): ChunkWriter {
    const writer = writers.get(set) ?? new ChunkWriter(this.output, set, extension);
    writers.set(set, writer);
    return writer;
  }
}
