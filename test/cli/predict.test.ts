import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createModel, createTransform, openImage, resolveDataConfig, tf } from '../../api/index.js';
import { query, withDatabase } from '../../lib/labels/database.js';
import { ownConfig } from '../../lib/models/config.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { noise, writeBytes, writePicture } from '../data/pictures.js';
import { fillWeights } from '../models/fill.js';

const COMMAND = join(import.meta.dirname, '../../cli/noisy-student.mjs');
const LABELS = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu'];
const PICTURES = ['0.png', '1.png', 'more/2.png'];

interface Line {
  readonly image: string;
  readonly top: readonly { readonly index: number; readonly name: string; readonly probability: number }[];
  readonly logits?: readonly number[];
}

let folder: string;
let wanted: number[][];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'predict-'));
  const network = outlineNetwork('efficientnet_t0', { classes: LABELS.length, channels: 3 });
  const facts = { labels: LABELS, size: 28, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4], tag: 'mine', noisyStudent: {} };
  await saveModel(join(folder, 'model'), network, fillWeights(network), ownConfig(network, facts));
  for (const [i, name] of PICTURES.entries()) {
    const size = { width: 40 + i, height: 33 };
    await writePicture(join(folder, 'photos', name), noise(i, size), size);
  }
  await writeBytes(join(folder, 'photos/broken.jpg'), Buffer.from('ffd8ffe0', 'hex'));
  await writeBytes(join(folder, 'photos/notes.txt'), 'no image');
  const model = await createModel(`local-dir:${join(folder, 'model')}`);
  const transform = createTransform(resolveDataConfig({}, { model }));
  wanted = await Promise.all(PICTURES.map(async (name) => logitsOf(model, transform(await openImage(join(folder, 'photos', name))))));
  model.dispose();
});
after(() => rm(folder, { recursive: true }));

test('predict prints a line of JSON for each image of a folder, skips what is damaged, and says so', () => {
  const { status, stdout, stderr } = run('predict', 'local-dir:model', 'photos', '--topk', '2', '--json', '--logits');
  assert.equal(status, 0, stderr);
  const lines = linesOf<Line>(stdout);
  assert.deepEqual(
    lines.map(({ image }) => image),
    PICTURES.map((name) => `photos/${name}`),
  );
  for (const [i, { top, logits }] of lines.entries()) {
    for (const [c, logit] of logits!.entries()) assert.ok(Math.abs(logit - wanted[i]![c]!) < 1e-4, `image ${i} class ${c}: ${logit}, not ${wanted[i]![c]}`);
    assert.equal(top.length, 2);
    assert.equal(top[0]!.index, wanted[i]!.indexOf(Math.max(...wanted[i]!)));
    assert.equal(top[0]!.name, LABELS[top[0]!.index]);
    assert.ok(top[0]!.probability >= top[1]!.probability);
  }
  assert.match(stderr, /^skipped photos\/broken\.jpg: the JPEG file is cut short$/m);
  assert.match(stderr, /3 images, 1 skipped · .* images\/s · decode \d+ %, transform \d+ %, model \d+ % of the work/);
});

test('without --json a line is for a person, and patterns are understood', () => {
  const { status, stdout, stderr } = run('predict', 'local-dir:model', 'photos/*.png', 'photos/1.png', '--topk', '1');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^photos\/0\.png {2}\w+ \d+\.\d %\nphotos\/1\.png {2}\w+ \d+\.\d %\n$/);
});

test("a model's own names are whole, and of ImageNet's synonyms the first is shown", async () => {
  for (const [folderName, classes, labels] of [
    ['commas', 2, ['red, small', 'red, large']],
    ['imagenet', 1000, null],
  ] as const) {
    const model = await createModel('efficientnet_t0', { numClasses: classes });
    if (labels) model.labels = labels;
    await model.save(join(folder, folderName));
    model.dispose();
  }
  const shown = ['commas', 'imagenet'].map((model) => run('predict', `local-dir:${model}`, 'photos/0.png', '--topk', '2'));
  const [own, imageNet] = shown.map(({ stdout }) => stdout);
  assert.match(own!, /^photos\/0\.png {2}red, (small \d+\.\d %, red, large|large \d+\.\d %, red, small) \d+\.\d %\n$/, shown[0]!.stderr);
  assert.match(imageNet!, /^photos\/0\.png {2}[^,]+ \d+\.\d %, [^,]+ \d+\.\d %\n$/, shown[1]!.stderr);
});

test('with --strict a damaged file ends the command', () => {
  const { status, stderr } = run('predict', 'local-dir:model', 'photos', '--strict');
  assert.equal(status, 2);
  assert.match(stderr, /DATA_INVALID photos\/broken\.jpg: the JPEG file is cut short/);
});

for (const format of ['parquet', 'csv']) {
  test(`--output writes a ${format} table with the same numbers`, async () => {
    const { status, stdout, stderr } = run('predict', 'local-dir:model', 'photos', '--topk', '9', '--logits', '--output', `table.${format}`);
    assert.deepEqual([status, stdout], [0, ''], stderr);
    const file = join(folder, `table.${format}`);
    const rows = await withDatabase(null, (connection) =>
      query<Record<string, string | number>>(connection, `SELECT image, index_1, name_1, probability_7, logits::VARCHAR AS logits FROM '${file}'`),
    );
    assert.deepEqual(
      rows.map(({ image, index_1, name_1 }) => [image, index_1, name_1]),
      PICTURES.map((name, i) => {
        const best = wanted[i]!.indexOf(Math.max(...wanted[i]!));
        return [`photos/${name}`, best, LABELS[best]];
      }),
    );
    const [first] = JSON.parse(rows[0]!['logits'] as string) as number[];
    assert.ok(Math.abs(first! - wanted[0]![0]!) < 1e-4);
    assert.deepEqual((await readdir(folder)).filter((name) => name.includes('unfinished')), []); // prettier-ignore
  });
}

test('features prints the pooled features, or a map on the way', () => {
  const pooled = run('features', 'local-dir:model', 'photos/0.png', '--pool', 'catavgmax');
  const map = run('features', 'local-dir:model', 'photos/0.png', '--level=-1');
  assert.deepEqual([pooled.status, map.status], [0, 0], pooled.stderr + map.stderr);
  const shapes = [pooled, map].map(({ stdout }) => linesOf<{ shape: number[]; values: number[] }>(stdout)[0]!);
  assert.deepEqual(
    shapes.map(({ shape, values }) => [shape, values.length]),
    [
      [[256], 256],
      [[4, 4, 40], 640],
    ],
  );
});

test('export to a folder, to a SavedModel and back gives the same bytes, the card included', async () => {
  for (const [from, to, format] of [
    ['model', 'exported', 'timm'],
    ['exported', 'saved', 'saved-model'],
    ['saved', 'back', 'timm'],
    ['back', 'saved-again', 'saved-model'],
  ] as const) {
    const { status, stderr, stdout } = run('export', `local-dir:${from}`, to, '--format', format);
    assert.deepEqual([status, stdout], [0, `${join(folder, to)}\n`], stderr);
    if (format === 'timm') assert.match(stderr, /^timm has no architecture efficientnet_t0, .* --format saved-model\n$/);
    else assert.equal(stderr, '');
  }
  for (const [a, b] of [
    ['exported', 'back'],
    ['saved', 'saved-again'],
  ] as const) {
    assert.deepEqual(await contentsOf(join(folder, a)), await contentsOf(join(folder, b)));
  }
  const { 'README.md': card } = await contentsOf(join(folder, 'exported'));
  assert.match(card!, /^---\npipeline_tag: image-classification\n/);
  assert.match(card!, /efficientnet_t0\.mine/);
  assert.doesNotMatch(card!, /import tensorflow/);
  assert.match((await contentsOf(join(folder, 'saved')))['README.md']!, /import tensorflow[^]*tf\.zeros\(\[1, 28, 28, 3\]\)/);
});

test('nothing is written over', async () => {
  await cp(join(folder, 'model'), join(folder, 'taken'), { recursive: true });
  await writeFile(join(folder, 'taken/config.json'), 'mine');
  const { status, stderr } = run('export', 'local-dir:model', 'taken');
  assert.equal(status, 2);
  assert.match(stderr, /^COMMAND_INVALID .*taken is not empty, and nothing is written over/);
  assert.equal(await readFile(join(folder, 'taken/config.json'), 'utf8'), 'mine');
});

for (const [what, args, message] of [
  ['an unknown model', ['predict', 'tf_efficientnet_b9', 'photos'], /MODEL_UNKNOWN .*did you mean/],
  ['no images', ['predict', 'local-dir:model', 'nowhere'], /COMMAND_INVALID "nowhere" is neither a file, nor a folder/],
  ['another kind of table', ['predict', 'local-dir:model', 'photos', '--output', 'x.xlsx'], /COMMAND_INVALID .*must be \.csv or \.parquet/],
  ['a shape that is no square', ['predict', 'local-dir:model', 'photos', '--size', '96x160'], /'96x160' is invalid.*the side of a square.*inputSize/],
  ['a level that is not there', ['features', 'local-dir:model', 'photos', '--level', '7'], /MODEL_INVALID .*index 7/],
  ['a run that is not there', ['export', 'run:nothing', 'x'], /RUN_UNKNOWN .*no finished run "nothing"/],
] as const) {
  test(`${what} is refused with what is allowed`, () => {
    const { status, stdout, stderr } = run(...args);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, message);
  });
}

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: 'utf8' });
}

function linesOf<T>(stdout: string): T[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function logitsOf(model: Awaited<ReturnType<typeof createModel>>, image: tf.Tensor3D): number[] {
  return tf.tidy(() => [...model.forward(tf.expandDims(image, 0) as tf.Tensor4D).dataSync()]);
}

/** Every file below a folder as text of its bytes. */
async function contentsOf(place: string): Promise<Record<string, string>> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.slice(place.length + 1), await readFile(file, 'latin1')] as const)));
}
