import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { PipelineError } from '../errors.js';
import { decodeFile } from './decode.js';
import { fingerprintFiles, fingerprintOf } from './fingerprint.js';
import { FILE_FAULTS } from './image-file.js';
import { compareNatural } from './natural-order.js';
import type { ImageShape, Listing, Refusal, Source, SourceRecord, Work } from './source.js';
import { walkFolder, type FoundFile, type Walked } from './walk.js';

export interface FolderOptions {
  /** The path as the pipeline file has it; ids begin with it. */
  readonly name: string;
  /** Where it is on this machine. */
  readonly location: string;
  /** True: the folders at the first level are the classes. False: images at any depth, no labels. */
  readonly isLabelled: boolean;
}

/**
 * JPEG, PNG and WebP files below a folder. One object per image is held, about 500 bytes, and no pixel.
 * Throws DATA_MISSING if the folder is not there, DATA_INVALID if a labelled one has no class folders.
 */
export class FolderSource implements Source {
  private readonly options: FolderOptions;

  constructor(options: FolderOptions) {
    this.options = options;
  }

  async list(signal?: AbortSignal): Promise<Listing> {
    const { files, folders, refused, ignored } = await this.walk(signal);
    const { name, location, isLabelled } = this.options;
    if (isLabelled && folders.length === 0) {
      throw new PipelineError(
        'DATA_INVALID',
        `${location} has no folder in it, but a labelled set needs one folder of images per class, such as ${name}/cat/1.jpg`,
      );
    }
    const [taken, classless] = isLabelled ? partition(files, ({ path }) => path.includes('/')) : [files, []];
    return {
      records: taken.map((file, position) => this.record(file, position)),
      classes: isLabelled ? folders : null,
      refused: [...refused, ...classless.map(withoutClass)]
        .map((refusal) => ({ ...refusal, id: `${name}/${refusal.id}` }))
        .sort((a, b) => compareNatural(a.id, b.id)),
      ignored,
    };
  }

  decode({ origin }: SourceRecord, image: ImageShape): Promise<Uint8Array> {
    return decodeFile(origin, image);
  }

  /** The path of an image in a class folder tells its class, so its digest stands for it. */
  poolId({ id, label }: SourceRecord): string {
    return label === null ? id : `${this.options.name}/${createHash('sha256').update(id).digest('hex').slice(0, 20)}`;
  }

  async fingerprint(work: Work = {}): Promise<string> {
    const { files, refused } = await this.walk(work.signal);
    const read = await fingerprintFiles(files, faultOf, work);
    return fingerprintOf([...read, ...refused.map(({ id, reason }) => [id, reason] as const)].sort(([a], [b]) => compareNatural(a, b)));
  }

  async close(): Promise<void> {
    // No file stays open.
  }

  private async walk(signal: AbortSignal | undefined): Promise<Walked> {
    await this.checkFolder();
    return walkFolder(this.options.location, signal);
  }

  private record({ path, origin }: FoundFile, position: number): SourceRecord {
    const { name, isLabelled } = this.options;
    return { id: `${name}/${path}`, label: isLabelled ? path.slice(0, path.indexOf('/')) : null, origin, position };
  }

  private async checkFolder(): Promise<void> {
    const { location } = this.options;
    const status = await stat(location).catch(() => undefined);
    if (status === undefined) throw new PipelineError('DATA_MISSING', `${location} is not there; a source of format "folder" is a folder with images`);
    if (!status.isDirectory()) throw new PipelineError('DATA_MISSING', `${location} is a file; a source of format "folder" is a folder with images`);
  }
}

function withoutClass({ path }: FoundFile): Refusal {
  return { id: path, reason: 'it lies beside the class folders, so it has no class', isLost: true };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

/** A file that cannot be read is part of the content too: once it can be, the content is another. */
function faultOf(error: unknown): string {
  const reason = FILE_FAULTS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) throw error;
  return reason;
}
