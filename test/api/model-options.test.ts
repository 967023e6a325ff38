import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createModel, createTransform, resolveDataConfig, tf, type ModelOptions } from '../../api/index.js';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { startHubServer } from '../models/hub-server.js';

let folder: string;
let mine: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-options-'));
  const network = outlineNetwork('efficientnet_t0', { classes: 3, channels: 1 });
  const facts = { labels: ['ant', 'bee', 'cat'], size: 28, mean: [0.5], std: [0.25], tag: 'generation-1', noisyStudent: {} };
  await saveModel(join(folder, 'model'), network, initialiseFrom(network, { seed: 1, generation: 0 }), ownConfig(network, facts));
  mine = `local-dir:${join(folder, 'model')}`;
});
after(() => rm(folder, { recursive: true }));

test('featuresOnly: false is no feature model', async () => {
  const model = await createModel(mine, { featuresOnly: false });
  assert.deepEqual(model.labels, ['ant', 'bee', 'cat']);
  model.dispose();
});

for (const [options, message] of [
  [{ num_classes: 5 }, /createModel has no option "num_classes"; did you mean numClasses\?/],
  [{ outIndices: [1] }, /createModel: outIndices goes with featuresOnly: true/],
  [{ featureLocation: 'expansion' }, /createModel: featureLocation goes with featuresOnly: true/],
  [{ featuresOnly: true, numClasses: 5 }, /createModel: numClasses does not go with featuresOnly: true/],
  [{ featuresOnly: true, globalPool: '' }, /createModel: globalPool does not go with featuresOnly: true/],
  [null, /createModel takes its options as an object, but was given null/],
] as const) {
  test(`the options ${JSON.stringify(options)} are refused instead of ignored`, async () => {
    await assert.rejects(createModel(mine, options as unknown as ModelOptions), { code: 'COMMAND_INVALID', message });
  });
}

for (const [args, message] of [
  [{ img_size: 64 }, /resolveDataConfig has no option "img_size"; did you mean imgSize\?/],
  [{ useTestSize: true }, /useTestSize stands in the second argument/],
  [undefined, /resolveDataConfig takes its options as an object, but was given undefined/],
] as const) {
  test(`the arguments ${JSON.stringify(args)} of resolveDataConfig are refused instead of ignored`, () => {
    assert.throws(() => resolveDataConfig(args as unknown as object), { code: 'COMMAND_INVALID', message });
  });
}

for (const [options, message] of [
  [{ numClasses: 1e9 }, /1000000000 classes: it must be a whole number to 1000000/],
  [{ globalPool: null }, /no pool is named null/],
  [{ featuresOnly: true, featureLocation: 'middle' }, /a feature location is "middle", but must be 'bottleneck' or 'expansion'/],
  [{ featuresOnly: true, outIndices: [9] }, /index 9 is asked for/],
  [{ featuresOnly: true, outIndices: '1' }, /"1" is asked for, but outIndices is a number or an array of them/],
] as const) {
  test(`${JSON.stringify(options)} is refused, and nothing is left in memory`, async () => {
    const { numTensors } = tf.memory();
    await assert.rejects(createModel(mine, options as unknown as ModelOptions), { code: 'MODEL_INVALID', message });
    assert.equal(tf.memory().numTensors, numTensors);
  });
}

test('a name is a text', async () => {
  await assert.rejects(createModel(undefined as unknown as string), { code: 'MODEL_UNKNOWN', message: /createModel takes a name, .* but was given undefined/ });
});

test('a model that was disposed says so', async () => {
  const [model, backbone] = [await createModel(mine), await createModel(mine, { featuresOnly: true })];
  const images = tf.zeros([1, 28, 28, 1]);
  const map = model.forwardFeatures(images);
  for (const each of [model, backbone]) each.dispose();
  for (const use of [
    () => model.forward(images),
    () => model.forwardFeatures(images),
    () => model.forwardHead(map),
    () => model.forwardIntermediates(images),
    () => model.resetClassifier(2),
    () => backbone.forward(images),
  ])
    assert.throws(use, { code: 'MODEL_INVALID', message: /this efficientnet_t0 was disposed/ });
  await assert.rejects(model.save(join(folder, 'disposed')), { code: 'MODEL_INVALID', message: /was disposed/ });
});

test('a transform takes an image and nothing else', () => {
  const transform = createTransform(resolveDataConfig({ imgSize: 28 }));
  for (const [image, found] of [
    ['dog.jpg', '"dog.jpg"'],
    [Promise.resolve(), 'a promise of one'],
    [undefined, 'undefined'],
  ] as const)
    assert.throws(() => transform(image as never), { code: 'COMMAND_INVALID', message: new RegExp(`takes an image, but was given ${found} · transform`) });
});

test('a head takes maps and nothing else', async () => {
  const model = await createModel(mine);
  for (const use of [() => model.forward([[1]] as never), () => model.forwardHead([[1]] as never)])
    assert.throws(use, { code: 'MODEL_INVALID', message: /takes float32 (images|maps) .* but was given \[\[1\]\]/ });
  assert.throws(() => model.forwardHead(tf.zeros([1, 128])), {
    code: 'MODEL_INVALID',
    message: /takes float32 maps \[n, height, width, 128\]/,
  });
  assert.throws(() => model.forward(tf.zeros([1, 28, 28, 3])), { code: 'MODEL_INVALID', message: /openImage\(file, \{ channels: 1 \}\)/ });
  model.dispose();
});

test('weights keep their tag and names while they are what was loaded, and lose them when they are not', async () => {
  const saved = async (name: string, model: { save(folder: string): Promise<void> }) => {
    await model.save(join(folder, name));
    const config = JSON.parse(await readFile(join(folder, name, 'config.json'), 'utf8')) as { label_names?: string[]; pretrained_cfg: { tag: string } };
    return [config.pretrained_cfg.tag, config.label_names];
  };
  const model = await createModel(mine);
  assert.deepEqual(await saved('same', model), ['generation-1', ['ant', 'bee', 'cat']]);
  model.trainableVariables[0]!.assign(tf.zerosLike(model.trainableVariables[0]!));
  assert.deepEqual(await saved('trained', model), ['', ['ant', 'bee', 'cat']]);
  assert.deepEqual(await saved('reset to as many', model.resetClassifier(3)), ['', undefined]);
  assert.deepEqual(model.labels, ['<unmapped:0>', '<unmapped:1>', '<unmapped:2>']);
  model.labels = ['x', 'y', 'z'];
  assert.deepEqual(await saved('named', model), ['', ['x', 'y', 'z']]);
  assert.throws(() => (model.labels = ['x']), { code: 'MODEL_INVALID', message: /labels is \["x"\], but must be 3 names/ });
  model.dispose();
  const other = await createModel(mine, { numClasses: 2 });
  assert.deepEqual(await saved('other', other), ['', undefined]);
  other.dispose();
  const fresh = await createModel('efficientnet_b0', { numClasses: 2 });
  assert.deepEqual(await saved('fresh', fresh), ['', undefined]);
  fresh.dispose();
});

test('save writes nothing over', async () => {
  const model = await createModel(mine);
  await writeFile(join(folder, 'file'), 'mine');
  await assert.rejects(model.save(join(folder, 'file')), { code: 'COMMAND_INVALID', message: /file is a file/ });
  await assert.rejects(model.save(join(folder, 'model')), { code: 'COMMAND_INVALID', message: /is not empty, and nothing is written over/ });
  model.dispose();
});

test('an architecture of the hub without its weights needs none of them', async () => {
  const config = await readFile(join(folder, 'model/config.json'));
  const server = await startHubServer({ models: { 'somebody/pets': { 'config.json': config } } });
  try {
    const model = await createModel('hf-hub:somebody/pets', {
      pretrained: false,
      hub: { endpoint: server.endpoint, cache: join(folder, 'hub'), pausesMs: [] },
    });
    assert.equal(model.numClasses, 3);
    assert.ok(server.requests.every(({ path }) => !path.includes('safetensors')));
    model.dispose();
  } finally {
    await server.close();
  }
});
