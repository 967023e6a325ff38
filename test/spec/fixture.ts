import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Models, WeightsFound } from '../../lib/spec/subject.js';

/** A table of models that no other change can alter. */
export const MODELS: Models = {
  names: ['efficientnet_t0', 'efficientnet_t1', 'efficientnet_b0', 'efficientnet_b7'],
  parameters: (name, classes, channels) => [18_000, 50_000, 4_000_000, 64_000_000][MODELS.names.indexOf(name)]! + classes + channels,
  groups: (name) => ['stem', ...Array.from({ length: /_t\d$/.test(name) ? 3 : 7 }, (_, stage) => `blocks.${stage}`), 'head'],
  weights: (name) => WEIGHTS[name] ?? { problem: `no weights are named ${JSON.stringify(name)}`, suggestion: 'hf-hub:timm/efficientnet_b0.ra_in1k' },
};

const WEIGHTS: Readonly<Record<string, WeightsFound>> = {
  'hf-hub:timm/efficientnet_b0.ra_in1k': { model: 'efficientnet_b0' },
  'hf-hub:somebody/flowers': { model: null },
  'local-dir:mine': { model: 'efficientnet_t0', location: '/somewhere/mine' },
  'run:earlier': { model: null },
};

/** The least that is valid. */
export const MINIMAL = `version: 1
name: minimal
data:
  image: { size: 28, channels: 1 }
  labelled: { format: idx, path: fashion-mnist/train, perClass: 50 }
  validation: { format: idx, path: fashion-mnist/train, perClass: 200 }
  unlabelled: { format: idx, path: fashion-mnist/train }
  test: { format: idx, path: fashion-mnist/test }
teacher: { model: efficientnet_t0 }
students: [{ model: efficientnet_t1 }]
`;

/** Small stand-ins for the data that the specs name: idx pairs and folders, whole and broken. */
export function dataFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'spec-data-'));
  idx(path, 'fashion-mnist/train', balanced(10, 300), true);
  idx(path, 'fashion-mnist/t10k', balanced(10, 60), false);
  idx(path, 'odd/nine', balanced(9, 300), false);
  idx(path, 'odd/none', [], false);
  idx(path, 'odd/alone', balanced(10, 60), false);
  rmSync(join(path, 'odd/alone-labels-idx1-ubyte'));
  idx(path, 'odd/unequal', balanced(10, 60), false);
  file(path, 'odd/unequal-labels-idx1-ubyte', labels(balanced(10, 59)));
  idx(path, 'odd/cut', balanced(10, 60), false);
  file(path, 'odd/cut-images-idx3-ubyte', images(600).subarray(0, 1000));
  idx(path, 'odd/text', balanced(10, 60), false);
  file(path, 'odd/text-images-idx3-ubyte', 'these are no images at all');
  idx(path, 'odd/zipped', balanced(10, 60), true);
  file(path, 'odd/zipped-images-idx3-ubyte.gz', images(600));
  for (const set of ['labelled', 'validation', 'test']) folders(path, `photos/${set}`, ['cat', 'dog'], 3);
  folders(path, 'photos/birds', ['cat', 'bird'], 1);
  folders(
    path,
    'photos/many',
    Array.from({ length: 14 }, (_, index) => `breed-${index + 10}`),
    1,
  );
  for (const set of ['labelled', 'validation', 'test']) folders(path, `cats/${set}`, ['cat'], 1);
  file(path, 'photos/pool/deep/a.jpg', '');
  file(path, 'photos/list.txt', '');
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

function balanced(classes: number, perClass: number): number[] {
  return Array.from({ length: classes * perClass }, (_, index) => index % classes);
}

function idx(root: string, prefix: string, values: readonly number[], isPacked: boolean): void {
  const ending = isPacked ? '.gz' : '';
  const pack = (bytes: Buffer): Buffer => (isPacked ? gzipSync(bytes) : bytes);
  file(root, `${prefix}-images-idx3-ubyte${ending}`, pack(images(values.length)));
  file(root, `${prefix}-labels-idx1-ubyte${ending}`, pack(labels(values)));
}

/** Black images of 2x2 pixels. */
function images(count: number): Buffer {
  return Buffer.concat([words(0x00000803, count, 2, 2), Buffer.alloc(count * 4)]);
}

function labels(values: readonly number[]): Buffer {
  return Buffer.concat([words(0x00000801, values.length), Buffer.from(values)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

function folders(root: string, path: string, names: readonly string[], files: number): void {
  for (const name of names) for (let index = 0; index < files; index++) file(root, `${path}/${name}/${index}.png`, '');
}

function file(root: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
