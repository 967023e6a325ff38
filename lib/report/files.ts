import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function readJson<T>(folder: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as T;
}

/** One JSON value per line. */
export async function readJsonLines<T>(folder: string, file: string): Promise<T[]> {
  const text = await readFile(join(folder, file), 'utf8');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as T);
}

export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
