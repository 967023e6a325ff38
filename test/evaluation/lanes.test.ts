import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLanes } from '../../lib/evaluation/lanes.js';
import { forward, tensorsFrom } from '../../lib/models/efficientnet.js';
import { foldNorms } from '../../lib/models/fold-norms.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { compilePureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';

const network = outlineNetwork('efficientnet_t1', { classes: 5, channels: 1 });
const tensors = tensorsFrom(network, foldNorms(network, initialiseFrom(network, { seed: 1, generation: 0 })));
const label = (images: tf.Tensor4D) => forward(network, tensors, images, { training: false, folded: true }).logits;
const images = tf.randomNormal([130, 28, 28, 1], 0, 1, 'float32', 1) as tf.Tensor4D; // lanes of 32

test('an image has the same bits however many lanes its batch has, and every image has its own logits', () => {
  const predict = compilePureStep((state, { x }) => ({ state, outputs: { logits: inLanes(x as tf.Tensor4D, label) } }), {});
  const logitsOf = (count: number) => predict.run({ x: tf.slice(images, [0, 0, 0, 0], [count, -1, -1, -1]) })['logits']!.dataSync<'float32'>();
  const [one, two, four, rest] = [32, 64, 128, 130].map(logitsOf);
  assert.deepEqual(one, four!.slice(0, 32 * 5));
  assert.deepEqual(two, four!.slice(0, 64 * 5));
  assert.deepEqual(four, rest!.slice(0, 128 * 5));
  const whole = label(images).dataSync();
  assert.equal(rest!.length, whole.length);
  for (const [i, logit] of whole.entries()) assert.ok(Math.abs(rest![i]! - logit) < 1e-4, `[${i}] is ${rest![i]}, not ${logit}`);
  predict.dispose();
});
