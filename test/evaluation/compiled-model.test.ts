import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileModel, inferLogits, inferSlots } from '../../lib/evaluation/compiled-model.js';
import { ownConfig } from '../../lib/models/config.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { tf } from '../../lib/tensor/runtime.js';
import { fillWeights } from '../models/fill.js';

const SIZE = [28, 28, 1] as const;

test('weights that are too large for constants of a graph are its state, with the same logits for each batch that comes, and leave nothing behind', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'compiled-model-'));
  t.after(() => rm(scratch, { recursive: true }));
  const network = outlineNetwork('efficientnet_t0', { classes: 5, channels: 1 });
  const config = ownConfig(network, { labels: ['a', 'b', 'c', 'd', 'e'], size: 28, mean: [0.5], std: [0.25], tag: 'x', noisyStudent: {} });
  const model = { network, config, tensors: fillWeights(network) };
  const pixels = Uint8Array.from({ length: 3 * 28 * 28 }, (_, i) => (i * 37) % 256);
  const { numTensors } = tf.memory();
  const logits = [Infinity, 0].map((mostConstantBytes) => {
    const compiled = compileModel(model, inferLogits, { scratch, mostConstantBytes })();
    const rows = [3, 8].map((batch) => inferSlots(compiled, pixels, SIZE, { slot: 0, count: 3, batch }).values);
    const held = compiled.readState();
    assert.equal(Object.keys(held).length > 0, mostConstantBytes === 0);
    tf.dispose(held);
    compiled.dispose();
    return rows.flatMap((row) => [...row]);
  });
  const [constants, state] = logits as [number[], number[]];
  for (const [i, value] of constants.entries()) assert.ok(Math.abs(value - state[i]!) < 1e-5 * Math.max(1, Math.abs(value)), `${value} and ${state[i]}`);
  assert.ok(constants.some((value) => value !== 0));
  assert.equal(tf.memory().numTensors, numTensors);
});
