import type { LeaseMarks } from './lease.js';
import type { S3Objects } from './s3-objects.js';

/** Marks as objects `leases/<key>/<number>.json`. */
export function s3Leases(objects: S3Objects): LeaseMarks {
  const folderOf = (key: string) => `leases/${key}/`;
  const nameOf = (key: string, number: number) => `${folderOf(key)}${number}.json`;
  return {
    async numbers(key) {
      const numbers: number[] = [];
      for await (const name of objects.list(folderOf(key))) {
        const [, number] = /\/(\d+)\.json$/.exec(name) ?? [];
        if (number !== undefined) numbers.push(Number(number));
      }
      return numbers;
    },
    read: async (key, number) => (await objects.get(nameOf(key, number)))?.text,
    create: (key, number, text) => objects.putIf(nameOf(key, number), text),
    async replace(key, number, text) {
      const found = await objects.get(nameOf(key, number));
      if (found) await objects.putIf(nameOf(key, number), text, found.etag);
    },
    remove: (key, number) => objects.remove(nameOf(key, number)),
  };
}
