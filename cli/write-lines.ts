import { once } from 'node:events';

/** A line for each item on stdout, no faster than they are read. A reader that goes away, such as `head`, ends it without an error. */
export async function writeLines<T>(items: AsyncIterable<T>, toLine: (item: T) => string): Promise<void> {
  let isClosed = false;
  // For good: what was written last may fail after this function has returned.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
  });
  for await (const item of items) {
    if (isClosed) break;
    if (!process.stdout.write(`${toLine(item)}\n`)) await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => undefined);
  }
}
