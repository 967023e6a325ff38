import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pipelineModels } from '../../lib/models/pipeline-models.js';
import { loadSpec } from '../../lib/spec/load.js';
import { parse } from '../../lib/spec/parse.js';
import type { ResolvedSpec } from '../../lib/spec/resolved.js';
import type { Pipeline } from '../../lib/spec/types.js';

/** Every pipeline that is shipped and reads folders, with two classes of one picture each in the folders that it names. */
const FOLDER = join(import.meta.dirname, '../../pipelines');
const files = (await readdir(FOLDER)).filter((file) => !['fashion-mnist.yaml', 'smoke.yaml'].includes(file)); // those are in resolve.test.ts
let data: string;
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'presets-'));
});
after(() => rm(data, { recursive: true }));

for (const file of files) {
  test(`${file} is valid where its folders are`, async () => {
    const spec = await load(file);
    assert.equal(spec.name, file.replace('.yaml', ''), 'a run goes by the name of the file');
  });
}

/** Of ImageNet's training set; SVHN's without 4,000 images. */
const IMAGES: Readonly<Record<string, number>> = { imagenet: 1_281_167, svhn: 69_257 };

for (const file of files.filter((name) => /^(imagenet|svhn)/.test(name))) {
  test(`${file}: steps are the epochs that stand beside them`, async () => {
    const text = await readFile(join(FOLDER, file), 'utf8');
    const { training } = (await load(file)).generations[0]!;
    const perEpoch = IMAGES[file.split('-')[0]!]! / training.batch;
    const beside = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? assert.fail(String(pattern)));
    assert.equal(beside(/= ([\d.]+) steps an epoch/).toFixed(2), perEpoch.toFixed(2));
    assert.equal((training.steps / perEpoch).toFixed(1), beside(/steps: \d+ # ([\d.]+) epochs/).toFixed(1));
    const { schedule } = training;
    assert.ok(schedule.name === 'exponential');
    assert.equal(schedule.warmupSteps, Math.round(5 * perEpoch));
    assert.equal((schedule.everySteps / perEpoch).toFixed(2), beside(/every ([\d.]+) epochs/).toFixed(2));
    assert.equal(schedule.rate, (0.016 * training.batch) / 256);
  });
}

test('the paper’s chain: a B7, then L2s with 14, 14 and 28 pool images, at 475 pixels and in the end at 800', async () => {
  const { generations, data: images } = await load('imagenet-l2.yaml');
  assert.deepEqual(
    generations.map(({ model, training, resolution }) => [model, training.unlabelledRatio, resolution?.size]),
    [['tf_efficientnet_b7', 0, 600], ...[14, 14, 28].map((ratio) => ['tf_efficientnet_l2', ratio, 800])],
  );
  assert.equal(images.image.size, 475);
});

test('the ratios, sizes and magnitudes of B0 to B7 are those of the authors’ script', async () => {
  const specs = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((size) => load(`imagenet-b${size}.yaml`)));
  const students = specs.map(({ generations }) => generations[1]!);
  assert.deepEqual(
    students.map(({ training }) => training.unlabelledRatio),
    [1, 3, 3, 3, 3, 3, 3, 3],
  );
  assert.deepEqual(
    students.map(({ noise }) => noise.randAugment?.magnitude),
    [undefined, undefined, 2, 4, 5, 6, 8, 9],
  ); // 6, 12, 15, 18, 24, 27 of 30
  assert.deepEqual(
    specs.map(({ data: { image } }) => image.size),
    [224, 240, 260, 300, 380, 456, 528, 600],
  );
});

async function load(file: string): Promise<ResolvedSpec> {
  const text = await readFile(join(FOLDER, file), 'utf8');
  const { labelled, validation, unlabelled, test: judged } = (parse(text).value as Pipeline).data;
  for (const { path } of [labelled, validation, unlabelled, judged]) {
    for (const name of ['cat', 'dog']) {
      await mkdir(join(data, path, name), { recursive: true });
      await writeFile(join(data, path, name, '1.png'), '');
    }
  }
  const loaded = loadSpec({ file: join('/nowhere', file), text, dataFolders: [data], models: pipelineModels() });
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.errors, null, 1));
  return loaded.spec;
}
