import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { featureInfo } from '../../lib/models/features.js';
import { layerGroup, layerGroups } from '../../lib/models/layer-groups.js';
import { multiplyAccumulates } from '../../lib/models/operation-count.js';
import { roundChannels } from '../../lib/models/outline.js';
import { modelNames, outlineNetwork, parameterCount } from '../../lib/models/variants.js';

/** timm 1.0.29.dev0, 1000 classes, 3 channels: parameters, tensors of the state dict; blocks and features of Tan & Le's scaling. */
const TIMM = [
  ['b0', 5_288_548, 360, 16, 1280],
  ['b1', 7_794_184, 508, 23, 1280],
  ['b2', 9_109_994, 508, 23, 1408],
  ['b3', 12_233_232, 574, 26, 1536],
  ['b4', 19_341_616, 706, 32, 1792],
  ['b5', 30_389_784, 854, 39, 2048],
  ['b6', 43_040_704, 986, 45, 2304],
  ['b7', 66_347_960, 1200, 55, 2560],
  ['l2', 480_309_308, 1914, 88, 5504],
] as const;

for (const [row, parameters, tensors, blocks, features] of TIMM) {
  for (const family of ['efficientnet', 'tf_efficientnet']) {
    test(`${family}_${row} has timm's ${parameters} parameters in ${tensors} tensors`, () => {
      const network = outlineNetwork(`${family}_${row}`, { classes: 1000, channels: 3 });
      assert.equal(parameterCount(network.name, 1000, 3), parameters);
      // timm counts one batch counter more for each running mean.
      assert.equal(network.tensors.length + network.tensors.filter(({ kind }) => kind === 'mean').length, tensors);
      assert.equal(network.blocks.length, blocks);
      assert.equal(network.features, features);
    });
  }
}

/** timm 1.0.29.dev0: channels of `features_only` (printed by it), and the GMACs of its results tables at the size of each set of weights. */
const TIMM_MAPS = [
  ['b0', 224, '0.40', [16, 24, 40, 112, 320]],
  ['b1', 240, '0.71', [16, 24, 40, 112, 320]],
  ['b2', 260, '1.02', [16, 24, 48, 120, 352]],
  ['b3', 300, '1.87', [24, 32, 48, 136, 384]],
  ['b4', 380, '4.49', [24, 32, 56, 160, 448]],
  ['b5', 456, '10.46', [24, 40, 64, 176, 512]],
  ['b6', 528, '19.40', [32, 40, 72, 200, 576]],
  ['b7', 600, '38.33', [32, 48, 80, 224, 640]],
  ['l2', 475, '172.11', [72, 104, 176, 480, 1376]],
  ['l2', 800, '479.12', [72, 104, 176, 480, 1376]],
] as const;

for (const [row, side, gigas, channels] of TIMM_MAPS) {
  test(`tf_efficientnet_${row} at ${side} pixels has timm's ${gigas} GMACs, and its maps`, () => {
    const network = outlineNetwork(`tf_efficientnet_${row}`, { classes: 1000, channels: 3 });
    assert.equal((multiplyAccumulates(network, { height: side, width: side }) / 1e9).toFixed(2), gigas);
    const info = featureInfo(network);
    assert.deepEqual(info.channels(), channels);
    assert.deepEqual(info.reduction(), [2, 4, 8, 16, 32]);
    assert.deepEqual(info.moduleName(), ['blocks.0', 'blocks.1', 'blocks.2', 'blocks.4', 'blocks.6']);
  });
}

test('operations of a small network are those counted by hand, with and without norms', () => {
  // t0 at 28 x 20 pixels: maps of 14 x 10, 7 x 5, 7 x 5 and 4 x 3.
  const [stem, a, b] = [14 * 10, 7 * 5, 4 * 3];
  const products =
    stem * 9 * 12 + //
    (a * 9 * 12 + 2 * 12 * 3 + a * 12 * 16) +
    (a * 16 * 48 + a * 9 * 48 + 2 * 48 * 4 + a * 48 * 24) +
    (a * 24 * 96 + b * 9 * 96 + 2 * 96 * 6 + b * 96 * 40) +
    b * 40 * 128;
  const normalised = stem * 12 + a * (12 + 16) + a * (48 + 48 + 24) + a * 96 + b * (96 + 40) + b * 128;
  const count = (classes: number, pool: string, norms: boolean) =>
    multiplyAccumulates(outlineNetwork('efficientnet_t0', { classes, channels: 1, pool }), { height: 28, width: 20 }, { norms });
  assert.equal(count(0, 'avg', false), products);
  assert.equal(count(10, 'avg', true), products + 128 * 10 + 2 * normalised);
  assert.equal(count(10, 'catavgmax', false), products + 256 * 10);
});

/** timm 1.0.31: `conv_dw.dilation` where it is above 1, and the levels' reduction. */
for (const [name, outputStride, dilations, reduction] of [
  ['tf_efficientnet_b0', 32, '1 1,1 1,1 1,1,1 1,1,1 1,1,1,1 1', [2, 4, 8, 16, 32]],
  ['tf_efficientnet_b0', 16, '1 1,1 1,1 1,1,1 1,1,1 1,2,2,2 2', [2, 4, 8, 16, 16]],
  ['tf_efficientnet_b0', 8, '1 1,1 1,1 1,2,2 2,2,2 2,4,4,4 4', [2, 4, 8, 8, 8]],
  ['efficientnet_b0', 4, '1 1,1 1,2 2,4,4 4,4,4 4,8,8,8 8', [2, 4, 4, 4, 4]],
  ['efficientnet_t1', 32, '1 1 1,1', [2, 4, 8]],
  ['efficientnet_t1', 4, '1 1 1,2', [2, 4, 4]],
  ['efficientnet_t1', 2, '1 2 2,4', [2, 2, 2]],
] as const) {
  test(`${name} with an output stride of ${outputStride} is dilated by ${dilations}`, () => {
    const network = outlineNetwork(name, { classes: 10, channels: 3, outputStride });
    const found = network.blocks.map(({ dilation, stage }, i) => `${network.blocks[i - 1]?.stage === stage ? ',' : ' '}${dilation}`);
    assert.equal(found.join('').trim(), dilations);
    assert.deepEqual(featureInfo(network).reduction(), reduction);
    assert.deepEqual(network.tensors, outlineNetwork(name, { classes: 10, channels: 3 }).tensors);
  });
}

test("a first stage with a stride makes the stem a level, by timm's rule", () => {
  const info = featureInfo(outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 }), { location: 'expansion' });
  assert.deepEqual(
    [info.channels(), info.moduleName()],
    [
      [16, 72, 192],
      ['bn1', 'blocks.1.0.conv_pwl', 'blocks.2.1.conv_pwl'],
    ],
  );
});

for (const [pool, means, rows] of [
  ['avg', 'avg', 1280],
  ['fast', 'avg', 1280],
  ['fastavg', 'avg', 1280],
  ['fastmax', 'max', 1280],
  ['fastavgmax', 'avgmax', 1280],
  ['catavgmax', 'catavgmax', 2560],
] as const) {
  test(`the pool '${pool}' is ${means}, before a classifier of ${rows} rows`, () => {
    const { tensors, pool: found, pooled } = outlineNetwork('tf_efficientnet_b0', { classes: 5, channels: 3, pool });
    assert.deepEqual([found, pooled, tensors.at(-2)!.shape], [means, rows, [rows, 5]]);
  });
}

test('without classes there is no classifier, and everything else is as before', () => {
  const [whole, bare] = [5, 0].map((classes) => outlineNetwork('tf_efficientnet_b0', { classes, channels: 3 }).tensors);
  assert.deepEqual(bare, whole!.slice(0, -2));
});

for (const [shape, message] of [
  [{ classes: 5, pool: '' }, /tf_efficientnet_b0 with 5 classes and no pool: .*0 classes/],
  [{ classes: 5, pool: 'avgmaxc' }, /no pool is named "avgmaxc".*'catavgmax'/],
  [{ classes: 5, pool: 'fastcat' }, /no pool is named "fastcat"/],
  [{ classes: 5, pool: 'toString' }, /no pool is named "toString"/],
  [{ classes: -1 }, /-1 classes: .*whole number/],
  [{ classes: 1.5 }, /1\.5 classes/],
  [{ classes: 5, channels: 0 }, /0 channels/],
  [{ classes: 5, outputStride: 12 }, /an output stride of 12: .*32, 16, 8, 4, 2/],
] as const) {
  test(`${JSON.stringify(shape)} is refused when the network is outlined`, () => {
    assert.throws(() => outlineNetwork('tf_efficientnet_b0', { channels: 3, ...shape }), { code: 'MODEL_INVALID', message });
  });
}

test('every layer belongs to the stem, a stage or the head', () => {
  const network = outlineNetwork('tf_efficientnet_b0', { classes: 5, channels: 3 });
  const stages = ['blocks.0', 'blocks.1', 'blocks.2', 'blocks.3', 'blocks.4', 'blocks.5', 'blocks.6'];
  assert.deepEqual(layerGroups(network), ['stem', ...stages, 'head']);
  const groups = [
    'conv_stem.weight',
    'bn1',
    'bn1.running_mean',
    'blocks.2.0.bn1',
    'blocks.12.0.conv_dw.weight',
    'conv_head.weight',
    'bn2.bias',
    'classifier.bias',
  ];
  assert.deepEqual(groups.map(layerGroup), ['stem', 'stem', 'stem', 'blocks.2', 'blocks.12', 'head', 'head', 'head']);
  for (const name of ['', 'blocks', 'blocks.x.0', 'bn3.weight', 'constructor']) assert.throws(() => layerGroup(name), { code: 'MODEL_INVALID' });
});

test('b8 has 61 blocks and 2816 features', () => {
  const { blocks, features } = outlineNetwork('tf_efficientnet_b8', { classes: 1000, channels: 3 });
  assert.deepEqual([blocks.length, features], [61, 2816]);
});

for (const [name, parameters, skips] of [
  ['efficientnet_t0', 18_995, [false, false, false]],
  ['efficientnet_t1', 51_270, [false, true, false, true]],
] as const) {
  test(`${name} has ${parameters} parameters for 10 classes of grey images`, () => {
    const network = outlineNetwork(name, { classes: 10, channels: 1 });
    assert.equal(parameterCount(name, 10, 1), parameters);
    assert.deepEqual(
      network.blocks.map(({ skip }) => skip),
      skips,
    );
    assert.deepEqual([network.padding, network.epsilon, network.momentum], ['symmetric', 1e-5, 0.95]);
  });
}

test('the two families differ in padding and epsilon alone', () => {
  const size = { classes: 10, channels: 3 };
  const { name: _, padding, epsilon, ...plain } = outlineNetwork('efficientnet_b3', size);
  const { name: __, padding: same, epsilon: wide, ...tensorFlow } = outlineNetwork('tf_efficientnet_b3', size);
  assert.deepEqual(plain, tensorFlow);
  assert.deepEqual([padding, epsilon, same, wide], ['symmetric', 1e-5, 'same', 1e-3]);
});

test('names are unique, and every one is a network', () => {
  const names = modelNames();
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 22);
  for (const name of names) assert.equal(outlineNetwork(name, { classes: 2, channels: 1 }).name, name);
});

test('an unknown name is refused with the nearest one', () => {
  assert.throws(() => parameterCount('efficientnet-b9', 10, 3), { code: 'MODEL_UNKNOWN', message: /"efficientnet-b9"; did you mean "efficientnet_b\d"\?/ });
  assert.throws(() => parameterCount('tf_efficientnet_t0', 10, 3), { code: 'MODEL_UNKNOWN' });
});

test("tensors have timm's names in timm's order, with conv_pw as projection where nothing is expanded", () => {
  const { tensors } = outlineNetwork('tf_efficientnet_b0', { classes: 10, channels: 3 });
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  assert.equal(tensors[0]!.name, 'conv_stem.weight');
  assert.equal(tensors.at(-1)!.name, 'classifier.bias');
  assert.equal(shapes.size, tensors.length);
  assert.deepEqual(shapes.get('blocks.0.0.conv_pw.weight'), [1, 1, 32, 16]);
  assert.deepEqual(shapes.get('blocks.1.0.conv_pw.weight'), [1, 1, 16, 96]);
  assert.deepEqual(shapes.get('blocks.1.0.conv_dw.weight'), [3, 3, 96, 1]);
  assert.deepEqual(shapes.get('blocks.1.0.se.conv_reduce.weight'), [1, 1, 96, 4]);
  assert.deepEqual(shapes.get('blocks.5.3.conv_pwl.weight'), [1, 1, 1152, 192]);
  assert.deepEqual(shapes.get('classifier.weight'), [1280, 10]);
});

test('weight decay spares every vector and no matrix', () => {
  for (const { shape, kind, decays } of outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 }).tensors) {
    assert.equal(decays, kind === 'weight' && shape.length > 1);
  }
});

test('roundChannels gives a multiple of 8, never under 90 % of what was wanted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), fc.double({ min: 0.25, max: 5.3, noNaN: true }), (channels, width) => {
      const rounded = roundChannels(channels, width);
      assert.equal(rounded % 8, 0);
      assert.ok(rounded >= 0.9 * channels * width);
    }),
  );
});
