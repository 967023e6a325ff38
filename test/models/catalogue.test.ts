import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogue, describeTag, findPublished, oldNames, titleOfTag, UNTRAINED, weightsOf, type PublishedWeights } from '../../lib/models/catalogue.js';
import { modelNames } from '../../lib/models/variants.js';

interface Golden {
  readonly weights: readonly TimmConfig[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly scores: readonly (readonly [name: string, size: number, crop: number, top1: number, top5: number])[];
}

interface TimmConfig {
  readonly architecture: string;
  readonly tag: string;
}

const golden = JSON.parse(readFileSync(new URL('../golden/timm-catalogue.json', import.meta.url), 'utf8')) as Golden;
const timms = catalogue().filter(({ architecture }) => !/_t\d$/.test(architecture));

test("the catalogue has timm's weights, each once, and the first of an architecture is timm's first", () => {
  const names = (all: readonly { readonly architecture: string; readonly tag: string }[]) => all.map(({ architecture, tag }) => `${architecture}.${tag}`);
  assert.deepEqual(names(timms), names(golden.weights));
  assert.equal(new Set(catalogue().map(({ name }) => name)).size, catalogue().length);
  assert.equal(timms.filter(({ hubId }) => hubId !== null).length, 45);
});

for (const config of golden.weights) {
  test(`${config.architecture}.${config.tag} has timm's data config, hub id and licence`, () => {
    assert.deepEqual(asTimm(findPublished(config)), config);
  });
}

test('scores are those of timm’s results, at the input size first and then at the test size', () => {
  const ours = timms.flatMap(({ name, scores }) => scores.map(({ size, cropPct, top1, top5 }) => [name, size, cropPct, top1, top5]));
  const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(sorted(ours), sorted(golden.scores));
  for (const { config, scores } of timms.filter((weights) => weights.scores.length > 0)) {
    assert.deepEqual(
      scores.map(({ size, cropPct }) => [size, cropPct]),
      [[config.inputSize[1], config.cropPct], ...(config.testInputSize ? [[config.testInputSize[1], config.testCropPct]] : [])],
    );
  }
});

/** Input size, crop, side that an image is resized to, side of the last map, top-1 and top-5: timm's create_transform and results at aa4b5850. */
const NOISY_STUDENTS = [
  ['b0', 'ns_jft_in1k', 224, 0.875, 256, 7, 78.68, 94.372],
  ['b1', 'ns_jft_in1k', 240, 0.882, 272, 8, 81.388, 95.756],
  ['b2', 'ns_jft_in1k', 260, 0.89, 292, 9, 82.412, 96.238],
  ['b3', 'ns_jft_in1k', 300, 0.904, 331, 10, 84.054, 96.926],
  ['b4', 'ns_jft_in1k', 380, 0.922, 412, 12, 85.156, 97.482],
  ['b5', 'ns_jft_in1k', 456, 0.934, 488, 15, 86.096, 97.744],
  ['b6', 'ns_jft_in1k', 528, 0.942, 560, 17, 86.476, 97.864],
  ['b7', 'ns_jft_in1k', 600, 0.949, 632, 19, 86.85, 98.08],
  ['l2', 'ns_jft_in1k_475', 475, 0.936, 507, 15, 88.246, 98.554],
  ['l2', 'ns_jft_in1k', 800, 0.96, 833, 25, 88.36, 98.656],
] as const;

for (const [row, tag, size, crop, resized, map, top1, top5] of NOISY_STUDENTS) {
  test(`${row}.${tag} resizes to ${resized}, cuts ${size}, and scores ${top1} and ${top5}`, () => {
    const { config, scores } = findPublished({ architecture: `tf_efficientnet_${row}`, tag });
    assert.deepEqual([config.inputSize, config.cropPct, Math.floor(size / config.cropPct)], [[3, size, size], crop, resized]);
    assert.deepEqual([config.interpolation, config.cropMode, config.numClasses, config.testInputSize], ['bicubic', 'center', 1000, undefined]);
    assert.deepEqual([config.mean, config.std], [IMAGENET_MEAN, IMAGENET_STD]);
    assert.equal(Math.ceil(size / 32), map);
    assert.deepEqual(scores, [{ size, cropPct: crop, top1, top5 }]);
  });
}
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

test('an architecture without weights has one entry, which says so', () => {
  const untrained = modelNames().filter((name) => weightsOf(name).some(({ hubId }) => hubId === null));
  const plain = ['t0', 't1', 'b6', 'b7', 'b8', 'l2'].map((row) => `efficientnet_${row}`);
  assert.deepEqual(untrained, plain);
  for (const name of untrained) {
    assert.deepEqual(
      weightsOf(name).map(({ tag, hubId, scores }) => ({ tag, hubId, scores })),
      [{ tag: UNTRAINED, hubId: null, scores: [] }],
    );
  }
  assert.deepEqual(weightsOf('efficientnet_t0')[0].config.inputSize, [3, 28, 28]);
});

test('every tag is described, each in its own words', () => {
  const tags = [...new Set(catalogue().map(({ tag }) => tag))];
  const texts = tags.map((tag) => describeTag(tag) ?? '');
  assert.equal(new Set(texts).size, tags.length);
  for (const [index, text] of texts.entries()) assert.match(text, new RegExp(`^${titleOfTag(tags[index]!)}: .{20,}$`));
  assert.match(describeTag('ns_jft_in1k') ?? '', /^Noisy Student: .*JFT.*Xie et al\. 2020/);
  assert.deepEqual([describeTag('generation-2'), titleOfTag('generation-2')], [undefined, '']);
});

test("the old names are timm's", () => {
  assert.deepEqual(Object.fromEntries(oldNames()), golden.aliases);
});

test('an unknown architecture or tag is refused with what there is', () => {
  assert.throws(() => weightsOf('resnet50'), { code: 'MODEL_UNKNOWN', message: /"resnet50"; known: efficientnet_t0, .*tf_efficientnet_l2/ });
  assert.throws(() => findPublished({ architecture: 'tf_efficientnet_b6', tag: 'in1k' }), {
    code: 'MODEL_UNKNOWN',
    message: /tf_efficientnet_b6 has no weights "in1k"; its tags are: ns_jft_in1k \(Noisy Student: .*\); ap_in1k \(.*\); aa_in1k \(.*\)\./,
  });
  for (const name of ['toString', '__proto__', '']) assert.throws(() => weightsOf(name), { code: 'MODEL_UNKNOWN' });
});

/** Every key of timm's dump, made of ours. */
function asTimm({ architecture, hubId, licence, config }: PublishedWeights): unknown {
  const [, height, width] = config.inputSize;
  return {
    ...{ architecture, tag: config.tag, ...(hubId !== null && { hf_hub_id: hubId }), license: licence },
    ...{ input_size: config.inputSize, interpolation: config.interpolation, crop_pct: config.cropPct, crop_mode: config.cropMode },
    ...(config.testInputSize && { test_input_size: config.testInputSize, test_crop_pct: config.testCropPct }),
    ...{ mean: config.mean, std: config.std, num_classes: config.numClasses, first_conv: 'conv_stem', classifier: 'classifier' },
    pool_size: [height, width].map((side) => Math.ceil(side / 32)),
  };
}
