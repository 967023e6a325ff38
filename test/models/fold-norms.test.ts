import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forward, tensorsFrom } from '../../lib/models/efficientnet.js';
import { foldNorms } from '../../lib/models/fold-norms.js';
import { elements } from '../../lib/models/outline.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { randomKey, uniforms } from '../../lib/noise/random.js';
import { tf } from '../../lib/tensor/runtime.js';

for (const [name, size, channels] of [
  ['tf_efficientnet_b0', 32, 3],
  ['efficientnet_b0', 40, 3],
  ['efficientnet_t1', 28, 1],
] as const) {
  test(`${name} with its norms folded gives the same logits, and needs no running statistics`, () => {
    const network = outlineNetwork(name, { classes: 7, channels });
    const weights = Object.fromEntries(
      network.tensors.map(({ name, shape, kind, decays }, i) => {
        const draws = uniforms(randomKey({ seed: 1, generation: 0, phase: 'test', purpose: 'fold' }), i, elements(shape));
        const spread = decays ? Math.sqrt(6 / elements(shape.slice(0, -1))) : 0.5;
        return [name, kind === 'variance' ? draws.map((u) => 0.5 + u) : draws.map((u) => (2 * u - 1) * spread + (/bn\d\.weight/.test(name) ? 1 : 0))];
      }),
    );
    const folded = foldNorms(network, weights);
    assert.deepEqual(
      Object.keys(folded).filter((name) => /running_|bn\d\.weight/.test(name)),
      [],
    );
    const images = tf.randomNormal([3, size, size, channels], 0, 1, 'float32', 1) as tf.Tensor4D;
    const plain = forward(network, tensorsFrom(network, weights), images, { training: false }).logits.dataSync();
    const short = forward(network, tensorsFrom(network, folded), images, { training: false, folded: true }).logits.dataSync();
    const scale = Math.max(...plain.map(Math.abs));
    assert.ok(scale > 0.01, 'the logits are not trivial');
    for (const [i, logit] of plain.entries()) assert.ok(Math.abs(short[i]! - logit) < 1e-4 * scale, `[${i}] is ${short[i]}, not ${logit}`);
  });
}
