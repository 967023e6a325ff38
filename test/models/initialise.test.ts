import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialise, initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';

const network = outlineNetwork('tf_efficientnet_b0', { classes: 25, channels: 3 });
const weights = initialiseFrom(network, { seed: 1, generation: 2 });

/** Deviation: sqrt(2 / (kernel height * kernel width * outputs / groups)). */
for (const [tensor, deviation] of [
  ['conv_stem.weight', Math.sqrt(2 / (9 * 32))],
  ['blocks.5.2.conv_dw.weight', Math.sqrt(2 / 25)],
  ['blocks.6.0.se.conv_reduce.weight', Math.sqrt(2 / 48)],
  ['blocks.6.0.se.conv_expand.weight', Math.sqrt(2 / 1152)],
  ['conv_head.weight', Math.sqrt(2 / 1280)],
] as const) {
  test(`${tensor} is normal over its outputs`, () => {
    const values = weights[tensor]!;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    // Both within five of their own standard errors.
    assert.ok(Math.abs(mean) < (5 * deviation) / Math.sqrt(values.length));
    assert.ok(Math.abs(spread / deviation - 1) < 5 / Math.sqrt(2 * values.length));
    assert.ok(
      values.some((value) => Math.abs(value) > 2.5 * deviation),
      'a normal has tails',
    );
  });
}

test('the classifier is uniform within 1 / sqrt(classes), and its bias 0', () => {
  const values = weights['classifier.weight']!;
  assert.equal(values.length, 1280 * 25);
  assert.ok(values.every((value) => value >= -0.2 && value <= 0.2));
  assert.ok(Math.min(...values) < -0.199 && Math.max(...values) > 0.199);
  assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length) < 0.004);
  assert.ok(weights['classifier.bias']!.every((value) => value === 0));
});

test('batch norms start as the identity and biases at 0', () => {
  for (const { name, shape } of network.tensors.filter(({ layout }) => layout === 'vector')) {
    const scales = name.endsWith('.weight') || name.endsWith('.running_var');
    assert.deepEqual(weights[name], new Float32Array(shape[0]!).fill(scales ? 1 : 0), name);
  }
});

test("a tensor's numbers depend on its name, the seed and the generation, not on the tensors before it", () => {
  const reversed = { ...network, tensors: network.tensors.toReversed() };
  const { 'conv_head.weight': same } = initialiseFrom(reversed, { seed: 1, generation: 2 });
  assert.deepEqual(same, weights['conv_head.weight']);
  const small = outlineNetwork('efficientnet_t0', { classes: 25, channels: 3 });
  const classifier = (seed: number, generation: number) => String(initialiseFrom(small, { seed, generation })['classifier.weight']);
  assert.equal(new Set([classifier(1, 2), classifier(2, 2), classifier(1, 1)]).size, 3);
  assert.equal(classifier(1, 2), classifier(1, 2));
  assert.notDeepEqual(weights['blocks.2.1.conv_pw.weight'], weights['blocks.2.1.conv_pwl.weight']!);
});

test('every draw is asked for by the name of its tensor', () => {
  const asked: string[] = [];
  const draw = (tensor: string, count: number) => (asked.push(tensor), new Float32Array(count).fill(0.75));
  const small = outlineNetwork('efficientnet_t0', { classes: 4, channels: 1 });
  const { 'classifier.weight': classifier } = initialise(small, draw, draw);
  assert.deepEqual(
    asked,
    small.tensors.filter(({ shape }) => shape.length > 1).map(({ name }) => name),
  );
  assert.deepEqual(classifier, new Float32Array(128 * 4).fill(0.25)); // (2 * .75 - 1) / sqrt(4)
});
