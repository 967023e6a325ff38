/**
 * A place that images come from. A source lists what it has without decoding it, decodes one image at a time,
 * and can say what its content is. It decides nothing: which set takes which image is `split.ts`.
 */
export interface Source {
  /** What is there. The order is that of the files, natural and the same on every machine. */
  list(signal?: AbortSignal): Promise<Listing>;
  /** uint8 [size, size, channels], row-major. Throws DATA_INVALID with `evidence.reason` if the image cannot be read. At once where nothing has to be waited for. */
  decode(record: SourceRecord, image: ImageShape): Uint8Array | Promise<Uint8Array>;
  /** An id for the pool, from which the label cannot be told. */
  poolId(record: SourceRecord): string;
  /** SHA-256 of the content. Reads every byte, in bounded memory; where the source is on the machine does not matter. */
  fingerprint(work?: Work): Promise<string>;
  close(): Promise<void>;
}

export interface ImageShape {
  /** Pixels, width and height. */
  readonly size: number;
  readonly channels: 1 | 3;
}

export interface SourceRecord {
  /** The path of the pipeline file and the place below it: unique in an experiment, the same on every machine. */
  readonly id: string;
  /** Name of the class; null where the source has no labels. */
  readonly label: string | null;
  /** Which bytes these are on this machine, whatever name led to them. Never written anywhere. */
  readonly origin: string;
  /** Place in the listing. */
  readonly position: number;
}

export interface Listing {
  readonly records: readonly SourceRecord[];
  /** Natural order; null where the source has no labels. Some may have no image. */
  readonly classes: readonly string[] | null;
  readonly refused: readonly Refusal[];
  /** Files that do not claim to be images, by extension; they are no fault. */
  readonly ignored: Readonly<Record<string, number>>;
}

/** Something that was found and not taken. */
export interface Refusal {
  readonly id: string;
  readonly reason: string;
  /** False if all that it leads to is read under another name, as with a directory loop. */
  readonly isLost: boolean;
}

/** How long work is watched and ended. */
export interface Work {
  /** Files or images worked on at once. The result does not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly step: number; readonly of: number }) => void;
}
