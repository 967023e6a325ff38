import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { pipelineModels } from '../../lib/models/pipeline-models.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';

const models = pipelineModels();

for (const [name, model] of [
  ['hf-hub:timm/tf_efficientnet_b3.ns_jft_in1k', 'tf_efficientnet_b3'],
  ['tf_efficientnet_l2.ns_jft_in1k_475', 'tf_efficientnet_l2'],
  ['tf_efficientnet_b0_ns', 'tf_efficientnet_b0'],
  ['tf_efficientnet_b0', 'tf_efficientnet_b0'],
  ['hf-hub:somebody/flowers@v2', null],
  ['run:fashion-mnist-bc7d1a09/generation-1', null],
] as const) {
  test(`the weights ${name} ${model === null ? 'tell no model before they are there' : `are of ${model}`}`, () =>
    assert.deepEqual(models.weights(name, []), { model }));
}

for (const [name, problem] of [
  ['tf_efficientnet_b0.ns_jft_in2k', /tf_efficientnet_b0 has no weights "ns_jft_in2k".*did you mean tf_efficientnet_b0\.ns_jft_in1k/],
  ['efficientnet_t0', /efficientnet_t0 has no published weights/],
  ['timm/tf_efficientnet_b0.ns_jft_in1k', /write hf-hub:timm/],
  ['local-dir:nowhere', /no config\.json is in \/one\/nowhere or \/two\/nowhere/],
] as const) {
  test(`the weights ${name} are refused with a reason that ends in no full stop`, () => {
    const found = models.weights(name, ['/one', '/two']);
    assert.ok('problem' in found);
    assert.match(found.problem, problem);
    assert.doesNotMatch(found.problem, /\.$/);
  });
}

test('a folder of weights is looked up beside the file, then in the data folders, and its config.json tells the model', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-models-'));
  t.after(() => rm(folder, { recursive: true }));
  const network = outlineNetwork('efficientnet_t1', { classes: 2, channels: 1 });
  const config = ownConfig(network, { labels: ['a', 'b'], size: 28, mean: [0.5], std: [0.5], tag: 'x', noisyStudent: {} });
  await saveModel(join(folder, 'mine'), network, initialiseFrom(network, { seed: 1, generation: 0 }), config);
  assert.deepEqual(models.weights('local-dir:mine', ['/nowhere', folder]), { model: 'efficientnet_t1', location: join(folder, 'mine') });
  await writeFile(join(folder, 'mine', 'config.json'), '{');
  assert.match(JSON.stringify(models.weights('local-dir:mine', [folder])), /config\.json/);
});

test('layer groups are the stem, each stage and the head', () => {
  assert.deepEqual(models.groups('efficientnet_t0'), ['stem', 'blocks.0', 'blocks.1', 'blocks.2', 'head']);
  assert.equal(models.groups('tf_efficientnet_l2').length, 9);
});
