import { isErrno } from '../lib/store/disk.js';

/** A line for each item on stdout, no faster than they are read. A reader that goes away, such as `head`, ends it without an error. */
export async function writeLines<T>(items: AsyncIterable<T>, toLine: (item: T) => string): Promise<void> {
  for await (const item of items) if (!(await writeText(`${toLine(item)}\n`))) return;
}

/** Whether somebody still reads stdout. Throws where it cannot be written, such as on a full disk. */
export async function writeText(text: string): Promise<boolean> {
  const error = await new Promise<Error | null | undefined>((resolve) => process.stdout.write(text, resolve));
  if (error && !isErrno(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) throw error;
  return !error;
}
