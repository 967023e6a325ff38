import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export async function readJson<T>(folder: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as T;
}

/** The first values of a file with one JSON value per line; the rest, which may be long, is not read. */
export async function readJsonLines<T>(folder: string, file: string, limit = Infinity): Promise<T[]> {
  const stream = createReadStream(join(folder, file), 'utf8');
  const values: T[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (values.length >= limit) break;
    if (line !== '') values.push(JSON.parse(line) as T);
  }
  stream.destroy();
  return values;
}

export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
