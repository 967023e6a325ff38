import { readSync } from 'node:fs';
import { readFile, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import sharp from 'sharp';
import { PipelineError } from '../errors.js';
import { idxFile, idxName, idxPrefixes, type IdxPart } from '../spec/idx.js';
import { repeatGrey } from './colours.js';
import { fingerprintOf } from './fingerprint.js';
import { checkLabelCount, hashIdx, openIdx, type IdxFile } from './idx-file.js';
import { compareNatural } from './natural-order.js';
import { fitImage } from './resize.js';
import type { ImageShape, Listing, Source, SourceRecord, Work } from './source.js';

export interface IdxOptions {
  /** The path as the pipeline file has it; ids are `<name>#<number of the image>`, counted from 0. */
  readonly name: string;
  /** What the names of the two files begin with on this machine; `…/test` also finds `…/t10k`. */
  readonly location: string;
  /** False: a missing labels file is no fault. */
  readonly isLabelled: boolean;
  /** Paths that begin so are this source's own, for what it unpacks. */
  readonly scratch: string;
  /** An images file up to so many bytes is held in memory; default: room for MNIST and its relatives. */
  readonly heldBytes?: number;
}

/**
 * Files of the MNIST family, packed or not: grey images uint8 [n, rows, columns] and labels uint8 [n]; class 3 is
 * named "3". Of a large file images are read as they are asked for; a small one is held, and so are the labels.
 * Throws DATA_MISSING where a file is not there, DATA_INVALID where it is not what its header says.
 */
export class IdxSource implements Source {
  private images: Promise<IdxImages> | undefined;
  /** The same, once it is there: each image would else wait for a promise. */
  private opened: IdxImages | undefined;
  private listing: Promise<Listing> | undefined;
  private readonly options: IdxOptions;

  constructor(options: IdxOptions) {
    this.options = options;
  }

  list(): Promise<Listing> {
    return (this.listing ??= this.read());
  }

  decode({ position }: SourceRecord, image: ImageShape): Uint8Array | Promise<Uint8Array> {
    if (this.opened === undefined) return this.openImages().then((opened) => this.decodeFrom(opened, position, image));
    return this.decodeFrom(this.opened, position, image);
  }

  private decodeFrom({ handle, start, shape, held }: IdxImages, position: number, image: ImageShape): Uint8Array | Promise<Uint8Array> {
    const [, height, width] = shape as [number, number, number];
    const [from, bytes] = [start + position * height * width, height * width];
    const grey = held?.subarray(from, from + bytes) ?? this.readNow(handle, from, bytes); // [height, width]
    if (height !== image.size || width !== image.size) return fitImage(sharp(grey, { raw: { width, height, channels: 1 } }), image);
    return image.channels === 1 ? grey : repeatGrey(grey);
  }

  poolId({ id }: SourceRecord): string {
    return id;
  }

  async fingerprint({ signal }: Work = {}): Promise<string> {
    const files = [['images', this.find('images')] as const, ['labels', this.find('labels')] as const];
    const parts = files.map(async ([part, file]) => [part, file === undefined ? 'none' : await hashIdx(file, { ...(signal && { signal }) })] as const);
    return fingerprintOf(await Promise.all(parts));
  }

  async close(): Promise<void> {
    const images = await this.images?.catch(() => undefined);
    await images?.handle.close();
    this.images = undefined;
    this.opened = undefined;
  }

  private async read(): Promise<Listing> {
    const [count] = (await this.openImages()).shape as [number];
    const labels = await this.readLabels(count);
    const origin = await realpath(this.find('images')!);
    const names = labels && Array.from({ length: 256 }, (_, label) => String(label));
    return {
      records: Array.from({ length: count }, (_, position) => ({
        id: `${this.options.name}#${position}`,
        label: names ? names[labels[position]!]! : null,
        origin: `${origin}#${position}`,
        position,
      })),
      classes: names ? [...new Set(labels)].map((label) => names[label]!).sort(compareNatural) : null,
      refused: [],
      ignored: {},
    };
  }

  private openImages(): Promise<IdxImages> {
    return (this.images ??= this.open());
  }

  private async open(): Promise<IdxImages> {
    return (this.opened = await this.holdIfSmall(await openIdx(this.find('images')!, 'images', `${this.options.scratch}-images`)));
  }

  /** Reading each image by itself takes a fifth of the time in which MNIST is prepared. */
  private async holdIfSmall(file: IdxFile): Promise<IdxImages> {
    const { size } = await file.handle.stat();
    return size > (this.options.heldBytes ?? HELD_BYTES) ? file : { ...file, held: await readFile(file.handle) };
  }

  /** At once: for an image of a kilobyte, a turn of the event loop takes 50 times as long as the reading. */
  private readNow({ fd }: FileHandle, from: number, bytes: number): Buffer {
    const read = Buffer.allocUnsafe(bytes);
    if (readSync(fd, read, 0, bytes, from) === bytes) return read;
    throw new PipelineError('DATA_INVALID', `${this.options.location}: the images file became shorter while it was read`);
  }

  /** uint8 [count] */
  private async readLabels(count: number): Promise<Uint8Array | null> {
    const file = this.find('labels');
    if (file === undefined) return null;
    const { handle, start, shape } = await openIdx(file, 'labels', `${this.options.scratch}-labels`);
    try {
      checkLabelCount(file, shape[0]!, count);
      const labels = new Uint8Array(count);
      await handle.read(labels, 0, count, start);
      return labels;
    } finally {
      await handle.close();
    }
  }

  private find(part: IdxPart): string | undefined {
    const { location, isLabelled } = this.options;
    const prefixes = idxPrefixes(location);
    const prefix = prefixes.find((candidate) => idxFile(candidate, 'images') !== undefined) ?? location;
    const file = idxFile(prefix, part);
    if (file !== undefined || (part === 'labels' && !isLabelled)) return file;
    const names = prefixes.map((candidate) => basename(idxName(candidate, part))).join(' or ');
    throw new PipelineError('DATA_MISSING', `${dirname(location)} has no ${names} (or with .gz), which a source of format "idx" needs`);
  }
}

interface IdxImages extends IdxFile {
  /** The whole file. */
  readonly held?: Buffer;
}

const HELD_BYTES = 2 ** 26;
