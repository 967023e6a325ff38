import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { DataSpec, SourceSpec } from '../../lib/spec/resolved.js';

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'noisy-student-data-'));
}

/** uint8 [height, width, channels] of noise that is another for each `which`. */
export function noise(which: number, { width = 8, height = 8, channels = 3 } = {}): Uint8Array {
  let state = (which * 2_654_435_761 + 1) >>> 0;
  return Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** Writes pixels without loss (PNG, or WebP by the extension), with folders as needed. */
export async function writePicture(file: string, pixels: Uint8Array, { width = 8, height = 8, orientation = 1 } = {}): Promise<void> {
  const channels = (pixels.length / (width * height)) as 1 | 3 | 4;
  const image = sharp(pixels, { raw: { width, height, channels } }).withMetadata({ orientation });
  await writeBytes(file, await (file.toLowerCase().endsWith('.webp') ? image.webp({ lossless: true, exact: true }) : image.png()).toBuffer());
}

export async function writeBytes(file: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

/** A JPEG file's bytes, of noise. */
export function jpeg(which: number, { width = 8, height = 8 } = {}): Promise<Buffer> {
  return sharp(noise(which, { width, height }), { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** Class folders of `perClass` different pictures each: `<folder>/<class>/<number>.png`. `from` numbers the noise. */
export async function writeClasses(folder: string, classes: readonly string[], perClass: number, from = 0): Promise<void> {
  for (const [c, name] of classes.entries()) {
    for (let i = 0; i < perClass; i++) await writePicture(join(folder, name, `${i}.png`), noise(from + c * perClass + i));
  }
}

export interface IdxContent {
  readonly images: readonly Uint8Array[];
  readonly labels: readonly number[];
  readonly size?: number;
}

/** A pair of IDX files with the given beginning of the name. */
export async function writeIdx(prefix: string, { images, labels, size = 8 }: IdxContent, { packed = false } = {}): Promise<void> {
  const pack = (bytes: Buffer) => (packed ? gzipSync(bytes) : bytes);
  const ending = packed ? '.gz' : '';
  await writeBytes(`${prefix}-images-idx3-ubyte${ending}`, pack(idxBytes(0x803, [images.length, size, size], Buffer.concat(images))));
  await writeBytes(`${prefix}-labels-idx1-ubyte${ending}`, pack(idxBytes(0x801, [labels.length], Buffer.from(labels))));
}

export function idxBytes(magic: number, shape: readonly number[], content: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  [magic, ...shape].forEach((value, i) => header.writeUInt32BE(value, 4 * i));
  return Buffer.concat([header, content]);
}

/** Sets as `format path` or `format path perClass`. */
export function dataSpec(sets: Record<'labelled' | 'validation' | 'unlabelled' | 'test', string>, change: Partial<DataSpec> = {}): DataSpec {
  const source = (text: string): SourceSpec => {
    const [format, path, perClass] = text.split(' ');
    return { format: format as SourceSpec['format'], path: path!, perClass: perClass === undefined ? null : Number(perClass) };
  };
  return {
    image: { size: 8, channels: 3, mean: null, std: null },
    labelled: source(sets.labelled),
    validation: source(sets.validation),
    unlabelled: source(sets.unlabelled),
    test: source(sets.test),
    corruptShare: 0,
    ...change,
  };
}

/** The lines of a .jsonl file. */
export async function lines<Line>(...path: string[]): Promise<Line[]> {
  const text = await readFile(join(...path), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** File name → content, of a flat folder. */
export async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await readFile(join(folder, name))).toString('latin1')] as const)));
}
