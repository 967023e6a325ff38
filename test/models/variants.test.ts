import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
