import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CHUNK } from './dataset.js';

/** `<name>-00003.<extension>` holds the items 3 · CHUNK to 4 · CHUNK − 1. */
export function chunkFile(folder: string, name: string, chunk: number, extension: string): string {
  return join(folder, `${name}-${String(chunk).padStart(5, '0')}.${extension}`);
}

/** Appends items to numbered files of `CHUNK` items each. What is written waits in memory until it is flushed. */
export class ChunkWriter {
  private items = 0;
  private readonly full: FileWriter[] = [];
  private writer: FileWriter | undefined;
  private readonly nameOf: (chunk: number) => string;

  constructor(folder: string, name: string, extension: string) {
    this.nameOf = (chunk) => chunkFile(folder, name, chunk, extension);
  }

  write(item: Uint8Array): void {
    if (this.items % CHUNK === 0) {
      if (this.writer) this.full.push(this.writer);
      this.writer = new FileWriter(this.nameOf(this.items / CHUNK));
    }
    this.items++;
    this.writer!.write(item);
  }

  async flush(): Promise<void> {
    for (const writer of this.full.splice(0)) await writer.close();
    await this.writer?.flush();
  }

  async close(): Promise<void> {
    const writers = [...this.full.splice(0), ...(this.writer ? [this.writer] : [])];
    this.writer = undefined;
    await Promise.all(writers.map((writer) => writer.close()));
  }
}

/** Makes one file, at its first flush. What is written waits in memory until it is flushed; two flushes must not overlap. */
export class FileWriter {
  private waiting: Uint8Array[] = [];
  private handle: FileHandle | undefined;
  private isClosed = false;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** At once: a promise for each of many small images would be made for nothing. */
  write(bytes: Uint8Array): void {
    this.waiting.push(bytes);
  }

  async flush(): Promise<void> {
    this.handle ??= await open(this.file, 'w');
    await this.handle.appendFile(Buffer.concat(this.waiting.splice(0)));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.flush();
    } finally {
      await this.handle?.close();
    }
  }
}

/** One line of a .jsonl file. */
export function jsonLine(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
