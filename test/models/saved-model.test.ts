import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parseConfig } from '../../lib/models/config.js';
import { forward, tensorsFrom } from '../../lib/models/efficientnet.js';
import { loadSavedModel, saveSavedModel } from '../../lib/models/saved-model.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { loadModel, saveModel, type Model, type Weights } from '../../lib/models/weights.js';
import { tf } from '../../lib/tensor/runtime.js';
import { writeBundle } from '../../lib/tensor/tensor-bundle.js';
import { normalise } from '../../lib/models/normalise.js';
import { fillImages, fillWeights } from './fill.js';

const INDEX = 'variables/variables.index';
const DATA = 'variables/variables.data-00000-of-00001';
const CONFIG = 'assets.extra/config.json';

const grey = modelOf('efficientnet_t0', [1, 28, 28]);
let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'saved-model-'));
  await saveSavedModel(path.join(folder, 'grey'), grey);
});
after(() => rm(folder, { recursive: true }));

for (const [name, inputSize, size] of [
  ['tf_efficientnet_b0', [3, 32, 32], undefined],
  ['efficientnet_t0', [1, 28, 28], undefined],
  ['efficientnet_t1', [3, 28, 28], { height: 33, width: 20 }],
] as const) {
  test(`TensorFlow.js loads ${name} for ${inputSize[0]} channels and computes its logits, in any batch`, async () => {
    const model = modelOf(name, inputSize);
    const saved = path.join(folder, name);
    await saveSavedModel(saved, model, size && { size });
    const served = await tf.node.loadSavedModel(saved);
    const [height, width] = size ? [size.height, size.width] : [inputSize[1], inputSize[2]];
    for (const batch of [1, 5]) tf.tidy(() => compareLogits(served, model, [batch, height, width, inputSize[0]]));
    served.dispose();
  });
}

test('the graph holds no weights, so that it stays below the 2 GB of a protobuf', async () => {
  const { length } = await readFile(path.join(folder, 'grey', 'saved_model.pb'));
  const wider = { ...grey, network: outlineNetwork('efficientnet_t0', { classes: 4_000, channels: 1 }) };
  const config = { ...grey.config, labels: null, pretrained: { ...grey.config.pretrained, numClasses: 4_000 } };
  await saveSavedModel(path.join(folder, 'wider'), { ...wider, tensors: fillWeights(wider.network), config });
  const { length: widerLength } = await readFile(path.join(folder, 'wider', 'saved_model.pb'));
  assert.ok(widerLength < length + 100, `${widerLength} instead of ${length} bytes`);
});

test('folder, SavedModel, folder, SavedModel: the bytes come back both ways', async () => {
  const at = (name: string) => path.join(folder, 'round', name);
  await saveModel(at('timm'), grey.network, grey.tensors, grey.config);
  await saveSavedModel(at('saved'), await loadModel(at('timm')));
  const read = await loadSavedModel(at('saved'));
  assert.deepEqual(read, await loadModel(at('timm')));
  await saveModel(at('timm-again'), read.network, read.tensors, read.config);
  await saveSavedModel(at('saved-again'), await loadModel(at('timm-again')));
  assert.deepEqual(await bytesOf(at('timm-again')), await bytesOf(at('timm')));
  assert.deepEqual(await bytesOf(at('saved-again')), await bytesOf(at('saved')));
});

for (const [fault, spoil, message] of [
  ['no graph', (at) => rm(at('saved_model.pb')), /saved_model\.pb does not exist; a SavedModel has one/],
  ['no config', (at) => rm(at(CONFIG)), /config\.json does not exist; only a SavedModel that noisy-student exported can be read back/],
  ['no index', (at) => rm(at(INDEX)), /variables\.index does not exist/],
  ['no weights', (at) => rm(at(DATA)), /variables\.data-00000-of-00001 does not exist/],
  ['half an index', (at) => truncate(at(INDEX), 500), /variables\.index: the mark at the end of a table is missing · export the model again/],
  ['an empty index', (at) => truncate(at(INDEX), 0), /0 bytes are too few for a table/],
  ['an index of a terabyte', (at) => truncate(at(INDEX), 2 ** 40), /has 1099511627776 bytes, but 2097152 are the most/],
  ['half the weights', (at) => truncate(at(DATA), 40_000), /data-00000-of-00001: the file has 40000 bytes, but "[\w.]+" ends at byte \d+/],
  ['a changed weight', (at) => changeByte(at(DATA), 100), /data-00000-of-00001: "conv_stem\.weight", at byte 0, does not match its checksum/],
  ['a folder for a file', (at) => rm(at(DATA)).then(() => mkdir(at(DATA))), /is a folder, but must be a file/],
  ['weights that lie elsewhere', (at) => rename(at(DATA), `${at('')}.data`).then(() => symlink(`${at('')}.data`, at(DATA))), /is a link to .*\.data, but/],
  [
    'a config of another model',
    (at) => changeConfig(at(CONFIG), { architecture: 'efficientnet_t1' }),
    /does not fit efficientnet_t1 .* missing: .* of another shape/,
  ],
  ['a config of other classes', (at) => changeConfig(at(CONFIG), { num_classes: 4 }), /2 of another shape: classifier\.weight \[128,10\] instead of \[128,4\]/],
  ['a config of no model', (at) => changeConfig(at(CONFIG), { architecture: 'resnet50' }), /MODEL_UNKNOWN/],
  ['a config that is no JSON', (at) => writeFile(at(CONFIG), '{'), /config\.json is not JSON/],
] as const satisfies readonly (readonly [string, (at: (file: string) => string) => Promise<unknown>, RegExp])[]) {
  test(`a SavedModel with ${fault} is refused`, async () => {
    const spoilt = path.join(folder, fault.replaceAll(' ', '-'));
    await cp(path.join(folder, 'grey'), spoilt, { recursive: true });
    await spoil((file) => path.join(spoilt, file));
    await assert.rejects(loadSavedModel(spoilt), { name: 'PipelineError', message });
  });
}

test('weights that are not finite are refused, by whoever writes them and by whoever reads them', async () => {
  const tensors: Weights = { ...grey.tensors, 'classifier.bias': Float32Array.of(0, 1, 2, 3, NaN, 5, 6, 7, 8, 9) };
  const never = path.join(folder, 'never');
  await assert.rejects(saveSavedModel(never, { ...grey, tensors }), { code: 'WEIGHTS_INVALID', message: /tensor "classifier\.bias" holds NaN at 4/ });
  await assert.rejects(readdir(never), { code: 'ENOENT' });

  const spoilt = path.join(folder, 'not-finite');
  await cp(path.join(folder, 'grey'), spoilt, { recursive: true });
  writeBundle(path.join(spoilt, 'variables/variables'), grey.network.tensors.map(({ name, shape }) => ({ name, shape, values: tensors[name]! }))); // prettier-ignore
  await assert.rejects(loadSavedModel(spoilt), { code: 'WEIGHTS_INVALID', message: /variables\.data\S+: tensor "classifier\.bias" holds NaN at 4/ });
});

test('weights that do not fit, a changed network and a size that is none are refused before anything is written', async () => {
  const never = path.join(folder, 'never');
  const { 'bn1.bias': _, ...fewer } = grey.tensors;
  await assert.rejects(saveSavedModel(never, { ...grey, tensors: fewer }), { code: 'WEIGHTS_INVALID', message: /1 missing: bn1\.bias/ });
  const padded = { ...grey.network, padding: 'same' } as const;
  await assert.rejects(saveSavedModel(never, { ...grey, network: padded }), { code: 'WEIGHTS_INVALID', message: /efficientnet_t0 was changed/ });
  await assert.rejects(saveSavedModel(never, grey, { size: { height: 0, width: 1.5 } }), {
    name: 'RangeError',
    message: /a size of 0 x 1\.5 pixels is no size/,
  });
  await assert.rejects(readdir(never), { code: 'ENOENT' });
});

function modelOf(name: string, inputSize: readonly [number, number, number]): Model {
  const [channels] = inputSize;
  const written = {
    architecture: name,
    num_classes: 10,
    model_args: { in_chans: channels },
    pretrained_cfg: { input_size: inputSize, mean: [0.485, 0.456, 0.406].slice(0, channels), std: [0.229, 0.224, 0.225].slice(0, channels) },
  };
  const { network, config } = parseConfig(JSON.stringify(written), 'config.json');
  return { network, config, tensors: fillWeights(network) };
}

/** Against `forward`, to 1e-5 of the largest logit; and the probabilities are those of the logits. */
function compareLogits(
  served: { predict(inputs: tf.NamedTensorMap): unknown },
  { network, config, tensors }: Model,
  shape: [number, number, number, number],
): void {
  const [batch, height, width, channels] = shape;
  const pixels = fillImages(batch * height, width, channels).map((value) => Math.round((value + 1) * 127.5)); // 0 … 255
  const images = tf.tensor4d(pixels, shape);
  const { mean, std } = config.pretrained;
  const wanted = forward(network, tensorsFrom(network, tensors), normalise(images, mean, std), { training: false }).logits;
  const { logits, probabilities } = served.predict({ images }) as { logits: tf.Tensor2D; probabilities: tf.Tensor2D };
  assert.deepEqual(logits.shape, [batch, network.classes]);
  const largest = (x: tf.Tensor) => tf.max(tf.abs(x)).arraySync() as number;
  const difference = largest(tf.sub(logits, wanted)) / largest(wanted);
  assert.ok(difference < 1e-5, `logits of ${batch} images differ by ${difference}`);
  assert.ok(largest(tf.sub(probabilities, tf.softmax(wanted))) < 1e-5);
  assert.ok(largest(tf.sub(logits, tf.mean(logits))) > 0.01, 'the classes differ');
}

async function bytesOf(place: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(place, { recursive: true })).sort();
  const isFile = await Promise.all(names.map(async (name) => (await stat(path.join(place, name))).isFile()));
  const files = names.filter((_, i) => isFile[i]);
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(path.join(place, file))] as const)));
}

async function changeByte(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at]! ^= 1;
  await writeFile(file, bytes);
}

async function changeConfig(file: string, change: object): Promise<void> {
  await copyFile(file, `${file}.old`);
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...change }));
}
