import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CHUNK } from './dataset.js';

const BUFFER_BYTES = 1 << 20;

/** `<name>-00003.<extension>` holds the items 3 · CHUNK to 4 · CHUNK − 1. */
export function chunkFile(folder: string, name: string, chunk: number, extension: string): string {
  return join(folder, `${name}-${String(chunk).padStart(5, '0')}.${extension}`);
}

/** Appends items to numbered files of `CHUNK` items each, a megabyte at a time. */
export class ChunkWriter {
  private items = 0;
  private writer: FileWriter | undefined;
  private readonly nameOf: (chunk: number) => string;

  constructor(folder: string, name: string, extension: string) {
    this.nameOf = (chunk) => chunkFile(folder, name, chunk, extension);
  }

  async write(item: Uint8Array): Promise<void> {
    if (this.items % CHUNK === 0) {
      await this.writer?.close();
      this.writer = await FileWriter.create(this.nameOf(this.items / CHUNK));
    }
    this.items++;
    await this.writer!.write(item);
  }

  async close(): Promise<void> {
    await this.writer?.close();
    this.writer = undefined;
  }
}

/** Appends to one file through a buffer. Two writes must not overlap. */
export class FileWriter {
  private buffered: Uint8Array[] = [];
  private bytes = 0;
  private isClosed = false;
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(file: string): Promise<FileWriter> {
    return new FileWriter(await open(file, 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.buffered.push(bytes);
    this.bytes += bytes.length;
    if (this.bytes >= BUFFER_BYTES) await this.flush();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.flush();
    } finally {
      await this.handle.close();
    }
  }

  private async flush(): Promise<void> {
    const whole = Buffer.concat(this.buffered);
    this.buffered = [];
    this.bytes = 0;
    await this.handle.appendFile(whole);
  }
}

/** One line of a .jsonl file. */
export function jsonLine(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
