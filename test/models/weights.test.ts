import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { toTensorFlow, toTorch, torchShape } from '../../lib/models/layout.js';
import { readTensors, writeTensors } from '../../lib/models/safetensors.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { CONFIG_FILE, loadConfig, loadModel, saveModel, WEIGHTS_FILE } from '../../lib/models/weights.js';

const network = outlineNetwork('efficientnet_t1', { classes: 3, channels: 1 });
const weights = initialiseFrom(network, { seed: 1, generation: 0 });
const config = ownConfig(network, {
  labels: ['ankle boot', 'bag', 'coat'],
  size: 28,
  mean: [0.286],
  std: [0.353],
  tag: 'generation-1',
  noisyStudent: { generation: 1, ema: 0.99 },
});

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'weights-'));
  await saveModel(path.join(folder, 'saved'), network, weights, config);
});
after(() => rm(folder, { recursive: true }));

for (const [layout, shape, torch, wanted] of [
  ['HWIO', [1, 2, 2, 3], [3, 2, 1, 2], [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]],
  ['HWCM', [2, 2, 3, 1], [3, 1, 2, 2], [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]],
  ['IO', [2, 3], [3, 2], [0, 3, 1, 4, 2, 5]],
  ['vector', [3], [3], [0, 1, 2]],
] as const) {
  test(`${layout} has PyTorch's axes in a file, and comes back`, () => {
    const values = Float32Array.from(wanted, (_, i) => i);
    assert.deepEqual(torchShape({ shape, layout }), torch);
    assert.deepEqual(toTorch(values, { shape, layout }), Float32Array.from(wanted));
    assert.deepEqual(toTensorFlow(Float32Array.from(wanted), { shape, layout }), values);
  });
}

test('a saved model is loaded as it was', async () => {
  const loaded = await loadModel(path.join(folder, 'saved'));
  assert.deepEqual(loaded.network, network);
  assert.deepEqual(loaded.tensors, weights);
  assert.deepEqual(loaded.config, config);
});

test('a loaded model is saved with the same bytes', async () => {
  const [first, second] = [path.join(folder, 'saved'), path.join(folder, 'again')];
  const loaded = await loadModel(first);
  await saveModel(second, loaded.network, loaded.tensors, loaded.config);
  for (const file of [WEIGHTS_FILE, CONFIG_FILE]) {
    assert.deepEqual(await readFile(path.join(second, file)), await readFile(path.join(first, file)), file);
  }
});

test("the weights file has timm's names and shapes, with a counter for every batch norm", async () => {
  const { tensors, metadata } = await readTensors(path.join(folder, 'saved', WEIGHTS_FILE));
  assert.deepEqual(metadata, { format: 'pt' });
  assert.equal(tensors.size, 96);
  assert.deepEqual(tensors.get('bn1.num_batches_tracked'), { shape: [], values: BigInt64Array.of(0n) });
  assert.deepEqual(tensors.get('conv_stem.weight')!.shape, [16, 1, 3, 3]);
  assert.deepEqual(tensors.get('blocks.1.0.conv_dw.weight')!.shape, [72, 1, 3, 3]);
  assert.deepEqual(tensors.get('classifier.weight')!.shape, [3, 160]);
});

test("the config is timm's, with our facts under a key of their own", async () => {
  const written = JSON.parse(await readFile(path.join(folder, 'saved', CONFIG_FILE), 'utf8')) as unknown;
  assert.deepEqual(written, {
    architecture: 'efficientnet_t1',
    num_classes: 3,
    num_features: 160,
    global_pool: 'avg',
    label_names: ['ankle boot', 'bag', 'coat'],
    model_args: { in_chans: 1 },
    pretrained_cfg: {
      tag: 'generation-1',
      custom_load: false,
      input_size: [1, 28, 28],
      fixed_input_size: false,
      pool_size: [4, 4],
      interpolation: 'bicubic',
      crop_pct: 1,
      crop_mode: 'center',
      mean: [0.286],
      std: [0.353],
      num_classes: 3,
      first_conv: 'conv_stem',
      classifier: 'classifier',
    },
    noisy_student: { generation: 1, ema: 0.99 },
  });
});

test('a config of timm itself is enough: no label names, nothing of ours', async () => {
  const written = {
    architecture: 'tf_efficientnet_b0',
    num_classes: 2,
    num_features: 1280,
    pretrained_cfg: { tag: 'ns_jft_in1k', input_size: [3, 224, 224], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  };
  const { network, config } = loadConfig(await folderWith(written));
  assert.deepEqual(network, outlineNetwork('tf_efficientnet_b0', { classes: 2, channels: 3 }));
  const normal = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const image = { inputSize: [3, 224, 224], interpolation: 'bicubic', cropPct: 0.875, cropMode: 'center', ...normal };
  assert.deepEqual(config, { labels: null, descriptions: {}, pretrained: { tag: 'ns_jft_in1k', ...image, numClasses: 2 }, others: {}, noisyStudent: {} });
});

test('a file that lacks tensors, has others or has them in other shapes is refused with all of them', async () => {
  const other = path.join(folder, 'other');
  await saveModel(other, network, weights, config);
  const { tensors, metadata } = await readTensors(path.join(other, WEIGHTS_FILE));
  const changed = new Map(tensors);
  changed.delete('bn2.bias');
  changed.delete('bn1.weight');
  changed.set('head.weight', { shape: [1], values: Float32Array.of(0) });
  changed.set('head.num_batches_tracked', { shape: [], values: BigInt64Array.of(0n) });
  changed.set('classifier.bias', { shape: [4], values: new Float32Array(4) });
  await writeTensors(path.join(other, WEIGHTS_FILE), { tensors: changed, metadata });
  await assert.rejects(loadModel(other), {
    code: 'WEIGHTS_INVALID',
    message:
      /model\.safetensors does not fit efficientnet_t1 with 3 classes and 1 channels: 2 missing: bn1\.weight, bn2\.bias; 2 unexpected: head\.num_batches_tracked, head\.weight; 1 of another shape: classifier\.bias \[4\] instead of \[3\]\./,
  });
});

test('batch counters may be absent', async () => {
  const other = path.join(folder, 'counters');
  await saveModel(other, network, weights, config);
  const { tensors, metadata } = await readTensors(path.join(other, WEIGHTS_FILE));
  await writeTensors(path.join(other, WEIGHTS_FILE), { tensors: new Map([...tensors].filter(([name]) => !name.endsWith('tracked'))), metadata });
  assert.deepEqual((await loadModel(other)).tensors, weights);
});

test('another architecture lists ten names of each fault, not hundreds', async () => {
  const big = outlineNetwork('efficientnet_b0', { classes: 3, channels: 1 });
  await assert.rejects(saveModel(path.join(folder, 'never'), big, weights, config), {
    code: 'WEIGHTS_INVALID',
    message: /\d+ missing: (\S+, ){9}\S+ and \d+ more; .*of another shape/,
  });
});

for (const [fault, change, message] of [
  ['an architecture that is not in the table', { architecture: 'resnet50' }, /MODEL_UNKNOWN no model is named "resnet50"/],
  ['no architecture', { architecture: undefined }, /architecture is undefined, but must be a text/],
  ['a wrong number of labels', { label_names: ['a'] }, /label_names is \["a"\], but must be 3 names/],
  ['classes that are no number', { num_classes: '3' }, /num_classes is "3"/],
  ['no input size', { pretrained_cfg: {} }, /pretrained_cfg\.input_size is undefined/],
  [
    'a mean for other channels',
    { pretrained_cfg: { input_size: [1, 28, 28], mean: [0, 0], std: [1] } },
    /pretrained_cfg\.mean is \[0,0\], but must be 1 numbers/,
  ],
] as const) {
  test(`a config with ${fault} is refused`, async () => {
    const written = JSON.parse(await readFile(path.join(folder, 'saved', CONFIG_FILE), 'utf8')) as object;
    await assert.rejects(folderWith({ ...written, ...change }).then(loadConfig), { message });
  });
}

test('a folder without a model is refused with the file that is missing', async () => {
  await assert.rejects(loadModel(path.join(folder, 'nowhere')), { code: 'WEIGHTS_INVALID', message: /nowhere\/config\.json does not exist/ });
  const weightless = await folderWith(JSON.parse(await readFile(path.join(folder, 'saved', CONFIG_FILE), 'utf8')));
  await assert.rejects(loadModel(weightless), { code: 'WEIGHTS_INVALID', message: /config-\w+\/model\.safetensors does not exist/ });
});

/** A new folder that holds this config and no weights. */
async function folderWith(written: unknown): Promise<string> {
  const other = await mkdtemp(path.join(folder, 'config-'));
  await writeFile(path.join(other, CONFIG_FILE), JSON.stringify(written));
  return other;
}
