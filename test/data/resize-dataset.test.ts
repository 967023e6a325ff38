import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ImageSet } from '../../lib/data/image-set.js';
import { prepareDataset } from '../../lib/data/prepare.js';
import { resizeDataset } from '../../lib/data/resize-dataset.js';
import { SET_ORDER } from '../../lib/data/split.js';
import type { DataSpec } from '../../lib/spec/resolved.js';
import { contents, dataSpec, noise, temporaryFolder, writeBytes, writePicture } from './pictures.js';

const LARGE = { width: 16, height: 16 };
const small: DataSpec = {
  ...dataSpec({ labelled: 'folder train 2', validation: 'folder train 2', unlabelled: 'folder train', test: 'folder test' }),
  corruptShare: 0.5,
};
const large: DataSpec = { ...small, image: { ...small.image, size: 16 } };

let root: string;
let like: string;
before(async () => {
  [root, like] = [await temporaryFolder(), await temporaryFolder()];
  for (const [c, name] of ['cat', 'dog'].entries()) {
    for (let i = 0; i < 9; i++) await writePicture(join(root, 'train', name, `${i}.png`), noise(10 * c + i, LARGE), LARGE);
    await writePicture(join(root, 'test', name, '0.png'), noise(100 + c, LARGE), LARGE);
  }
  // Of one grey but for a pixel: the same at 8 pixels, not at 16. And one that cannot be read.
  const grey = new Uint8Array(16 * 16 * 3).fill(128);
  await writePicture(join(root, 'test', 'cat', 'grey.png'), grey, LARGE);
  await writePicture(
    join(root, 'train', 'cat', 'almost-grey.png'),
    grey.map((value, i) => (i === 300 ? value + 1 : value)),
    LARGE,
  );
  await writeBytes(join(root, 'train', 'dog', 'words.png'), 'not a picture');
  await prepareDataset({ data: small, seed: 1, locations: locations(), output: like, hiddenOutput: await temporaryFolder() });
});
after(() => rm(root, { recursive: true }));

test('the same images at another size: sets, ids, positions, labels and normalisation are those of the first', async () => {
  const output = await temporaryFolder();
  const dataset = await resizeDataset({ data: large, locations: locations(), like, output });
  assert.deepEqual(dataset.image, { size: 16, channels: 3 });
  for (const set of SET_ORDER) {
    const [before, after] = [await ImageSet.open(like, set), await ImageSet.open(output, set)];
    assert.deepEqual({ ...after.dataset, image: null }, { ...before.dataset, image: null });
    assert.deepEqual(await after.ids(0, after.count), await before.ids(0, before.count));
    if (set !== 'pool') assert.deepEqual(after.labels(), before.labels());
  }
  const labelled = await ImageSet.open(output, 'labelled');
  const [id] = await labelled.ids(0, 1);
  const [, name, number] = /train\/(\w+)\/(\d)\.png/.exec(id!)!;
  assert.deepEqual(new Uint8Array(await labelled.read([0])), noise(10 * ['cat', 'dog'].indexOf(name!) + Number(number), LARGE), 'the pixels of the file');
});

test('an image that is a duplicate at one size alone does not move those behind it', async () => {
  const [anew, output] = [await temporaryFolder(), await temporaryFolder()];
  const { sets } = await prepareDataset({ data: large, seed: 1, locations: locations(), output: anew, hiddenOutput: await temporaryFolder() });
  const { sets: resized, duplicates } = await resizeDataset({ data: large, locations: locations(), like, output });
  assert.equal(sets.pool + sets.labelled + sets.validation, resized.pool + resized.labelled + resized.validation + duplicates, 'preparing anew would keep it');
  assert.equal(duplicates, 1);
});

test('the bytes do not depend on the number of threads', async () => {
  const [one, many] = [await temporaryFolder(), await temporaryFolder()];
  await resizeDataset({ data: large, locations: locations(), like, output: one, threads: 1 });
  await resizeDataset({ data: large, locations: locations(), like, output: many, threads: 5 });
  assert.deepEqual(await contents(many), await contents(one));
});

test('an image that is gone is named, with what to do', async () => {
  const elsewhere = await temporaryFolder();
  for (const name of ['cat', 'dog']) await writePicture(join(elsewhere, name, '0.png'), noise(1, LARGE), LARGE);
  const work = resizeDataset({ data: large, locations: { train: elsewhere, test: elsewhere }, like, output: await temporaryFolder() });
  await assert.rejects(work, { code: 'DATA_INVALID', message: /train\/(cat|dog)\/\d\.png of the labelled set was there .* at 8 pixels.*start the run again/ });
});

test('it ends when it is told to', async () => {
  const stop = new AbortController();
  const work = resizeDataset({
    data: large,
    locations: locations(),
    like,
    output: await temporaryFolder(),
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await assert.rejects(work, { name: 'AbortError' });
});

function locations(): Record<string, string> {
  return { train: join(root, 'train'), test: join(root, 'test') };
}
