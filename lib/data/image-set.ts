import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.js';
import { chunkFile } from './chunk-writer.js';
import { CHUNK, type Dataset, type SetName } from './dataset.js';

/** Sets up to this many bytes of pixels are held in memory once read; of larger ones only what is asked for is read. */
const MEMORY_BYTES = 128 * 2 ** 20;

/**
 * One set of a prepared data set, read by position (0 … count − 1). No file stays open between two reads.
 * Throws ARTIFACT_MISSING or ARTIFACT_CORRUPT if the folder does not hold what its `dataset.json` says.
 */
export class ImageSet {
  readonly dataset: Dataset;
  readonly set: SetName;
  readonly count: number;
  /** Bytes of one image: size · size · channels. */
  readonly imageBytes: number;
  private readonly folder: string;
  private readonly index: Uint8Array | Uint16Array | null;
  private readonly memoryBytes: number;
  private whole: Promise<Uint8Array> | undefined;
  private lines: { readonly chunk: number; readonly ids: Promise<string[]> } | undefined;

  private constructor(folder: string, set: SetName, dataset: Dataset, index: Uint8Array | Uint16Array | null, memoryBytes: number) {
    this.folder = folder;
    this.set = set;
    this.dataset = dataset;
    this.count = dataset.sets[set];
    this.imageBytes = dataset.image.size ** 2 * dataset.image.channels;
    this.index = index;
    this.memoryBytes = memoryBytes;
  }

  static async open(folder: string, set: SetName, { memoryBytes = MEMORY_BYTES }: { readonly memoryBytes?: number } = {}): Promise<ImageSet> {
    const dataset = await readDataset(folder);
    const labels = set === 'pool' ? null : await readLabels(folder, set, dataset);
    const images = new ImageSet(folder, set, dataset, labels, memoryBytes);
    await images.checkSizes();
    return images;
  }

  /** uint8 [positions.length, size, size, channels]. Any order, repeats allowed. */
  async read(positions: ArrayLike<number>): Promise<Uint8Array> {
    const { imageBytes } = this;
    const pixels = new Uint8Array(positions.length * imageBytes);
    if (this.isSmall) {
      const whole = await (this.whole ??= this.readFromDisk(Array.from({ length: this.count }, (_, i) => i)));
      for (let i = 0; i < positions.length; i++) {
        const from = this.checkPosition(positions[i]!) * imageBytes;
        pixels.set(whole.subarray(from, from + imageBytes), i * imageBytes);
      }
      return pixels;
    }
    return this.readFromDisk(positions, pixels);
  }

  /** uint8 [to − from, size, size, channels]; `to` is exclusive. */
  readRange(from: number, to: number): Promise<Uint8Array> {
    return this.read(Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i));
  }

  /** Ids of the positions, or of the range from (inclusive) … to (exclusive). */
  ids(positions: ArrayLike<number>): Promise<string[]>;
  ids(from: number, to: number): Promise<string[]>;
  async ids(positions: ArrayLike<number> | number, to = 0): Promise<string[]> {
    const from = positions;
    const wanted = typeof from === 'number' ? Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i) : Array.from(from);
    const ids: string[] = [];
    for (const position of wanted) ids.push((await this.idsOfChunk(Math.floor(this.checkPosition(position) / CHUNK)))[position % CHUNK]!);
    return ids;
  }

  /** [count], each an index into `dataset.classes`. The pool has no labels: asking for them is an error of the program. */
  labels(): Uint8Array | Uint16Array {
    if (this.index === null) throw new Error('the pool has no labels');
    return this.index;
  }

  /** Lets go of the memory. */
  async close(): Promise<void> {
    this.whole = undefined;
    this.lines = undefined;
  }

  private get isSmall(): boolean {
    return this.count * this.imageBytes <= this.memoryBytes;
  }

  /** Chunk by chunk; positions that follow each other are read at once. */
  private async readFromDisk(positions: ArrayLike<number>, pixels = new Uint8Array(positions.length * this.imageBytes)): Promise<Uint8Array> {
    for (const [chunk, runs] of this.runsByChunk(positions)) {
      const handle = await open(chunkFile(this.folder, this.set, chunk, 'pixels'));
      try {
        for (const run of runs) await this.readRun(handle, run, pixels);
      } finally {
        await handle.close();
      }
    }
    return pixels;
  }

  private runsByChunk(positions: ArrayLike<number>): Map<number, Run[]> {
    const byChunk = new Map<number, Run[]>();
    for (let i = 0; i < positions.length; i++) {
      const position = this.checkPosition(positions[i]!);
      const chunk = Math.floor(position / CHUNK);
      const runs = byChunk.get(chunk) ?? [];
      byChunk.set(chunk, runs);
      const last = runs.at(-1);
      if (last && last.to + last.length === i && last.from + last.length === position % CHUNK) last.length++;
      else runs.push({ from: position % CHUNK, to: i, length: 1 });
    }
    return byChunk;
  }

  private async readRun(handle: FileHandle, { from, to, length }: Run, pixels: Uint8Array): Promise<void> {
    const bytes = length * this.imageBytes;
    const { bytesRead } = await handle.read(pixels, to * this.imageBytes, bytes, from * this.imageBytes);
    if (bytesRead !== bytes) throw corrupt(this.folder, this.set, `image ${from} of a chunk ends after ${bytesRead} of ${bytes} bytes`);
  }

  private idsOfChunk(chunk: number): Promise<string[]> {
    if (this.lines?.chunk !== chunk) {
      const ids = readLines<{ id: string }>(chunkFile(this.folder, this.set, chunk, 'jsonl')).then((lines) => lines.map(({ id }) => id));
      this.lines = { chunk, ids };
    }
    return this.lines!.ids;
  }

  private checkPosition(position: number): number {
    if (Number.isInteger(position) && position >= 0 && position < this.count) return position;
    throw new RangeError(`position ${position} of the ${this.set} set, which has the positions 0 to ${this.count - 1}`);
  }

  private async checkSizes(): Promise<void> {
    for (const [chunk, images] of chunksOf(this.count)) {
      const file = chunkFile(this.folder, this.set, chunk, 'pixels');
      const size = (await stat(file).catch(() => undefined))?.size ?? 0;
      if (size !== images * this.imageBytes)
        throw corrupt(this.folder, this.set, `${file} has ${size} bytes, but ${images} images need ${images * this.imageBytes}`);
    }
  }
}

/** Consecutive positions `from`… of a chunk that go to consecutive places `to`… of the result. */
interface Run {
  readonly from: number;
  readonly to: number;
  length: number;
}

/** What a prepared data set says of itself. Throws ARTIFACT_MISSING. */
export async function readDataset(folder: string): Promise<Dataset> {
  try {
    return JSON.parse(await readFile(join(folder, 'dataset.json'), 'utf8')) as Dataset;
  } catch (error) {
    throw new PipelineError('ARTIFACT_MISSING', `${folder} has no readable dataset.json, so it is no prepared data set`, { cause: error });
  }
}

async function readLabels(folder: string, set: SetName, { sets, classes }: Dataset): Promise<Uint8Array | Uint16Array> {
  const labels = classes.length <= 256 ? new Uint8Array(sets[set]) : new Uint16Array(sets[set]);
  for (const [chunk, images] of chunksOf(sets[set])) {
    const lines = await readLines<{ label: number }>(chunkFile(folder, set, chunk, 'jsonl'));
    if (lines.length !== images) throw corrupt(folder, set, `chunk ${chunk} has ${lines.length} lines for ${images} images`);
    for (const [i, { label }] of lines.entries()) {
      if (!(label >= 0 && label < classes.length))
        throw corrupt(folder, set, `image ${chunk * CHUNK + i} has the label ${label}, but there are ${classes.length} classes`);
      labels[chunk * CHUNK + i] = label;
    }
  }
  return labels;
}

/** [chunk, images in it] of a set. */
function chunksOf(count: number): [chunk: number, images: number][] {
  return Array.from({ length: Math.ceil(count / CHUNK) }, (_, chunk) => [chunk, Math.min(CHUNK, count - chunk * CHUNK)]);
}

async function readLines<Line>(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

function corrupt(folder: string, set: SetName, found: string): PipelineError {
  return new PipelineError('ARTIFACT_CORRUPT', `${folder}: the ${set} set is not what dataset.json says: ${found}`);
}
