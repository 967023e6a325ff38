import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IdxSource } from '../../lib/data/idx.js';
import { PixelStatistics } from '../../lib/data/pixel-statistics.js';
import { temporaryFolder } from './pictures.js';

const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'noisy-student/data/fashion-mnist');
const skip = existsSync(folder) ? false : `Fashion-MNIST is not in ${folder}`;
const scratch = await temporaryFolder();

for (const [part, images, perClass] of [
  ['train', 60_000, 6000],
  ['test', 10_000, 1000],
] as const) {
  test(`Fashion-MNIST's ${part} files have ${images} images, ${perClass} of each of 10 classes`, { skip }, async () => {
    const source = new IdxSource({ name: part, location: join(folder, part), isLabelled: true, scratch: join(scratch, part) });
    const { records, classes } = await source.list();
    assert.deepEqual(classes, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    assert.equal(records.length, images);
    for (const name of classes!) assert.equal(records.filter(({ label }) => label === name).length, perClass);

    const statistics = new PixelStatistics(1);
    for (const record of records) statistics.add(await source.decode(record, { size: 28, channels: 1 }));
    await source.close();
    if (part === 'train') {
      // Published as 0.2860 and 0.3530 (among others in torchvision's examples).
      assert.ok(Math.abs(statistics.mean()[0]! - 0.286) <= 0.001, `${statistics.mean()}`);
      assert.ok(Math.abs(statistics.std()[0]! - 0.353) <= 0.001, `${statistics.std()}`);
    }
  });
}
