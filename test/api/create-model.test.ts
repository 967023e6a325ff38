import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createModel, tf, type ClassifierModel } from '../../api/index.js';
import { madeUpModel } from '../models/made-up-model.js';
import { fillImages } from '../models/fill.js';
import { startHubServer, type HubServer } from '../models/hub-server.js';
import golden from '../golden/efficientnet.json' with { type: 'json' };

const SIZE = 64;
const NAME = 'tf_efficientnet_b0';
const { logits: LOGITS } = golden.values.find(({ model, height, width }) => model === NAME && height === SIZE && width === SIZE)!;

let folder: string;
let server: HubServer;
let images: tf.Tensor4D;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-model-'));
  server = await startHubServer({ models: { [`timm/${NAME}.ns_jft_in1k`]: await madeUpModel(`${NAME}.ns_jft_in1k`) } });
  images = tf.tensor4d(fillImages(SIZE, SIZE, 3), [1, SIZE, SIZE, 3]);
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const hub = () => ({ endpoint: server.endpoint, cache: join(folder, 'hub'), pausesMs: [] });

for (const name of ['tf_efficientnet_b0_ns', 'tf_efficientnet_b0', 'tf_efficientnet_b0.ns_jft_in1k', 'hf-hub:timm/tf_efficientnet_b0.ns_jft_in1k']) {
  test(`${name} is loaded from the hub and answers as timm does`, async () => {
    const model = await createModel(name, { pretrained: true, hub: hub() });
    const logits = logitsOf(model);
    for (const [i, wanted] of LOGITS.entries()) assert.ok(Math.abs(logits[i]! - wanted) < golden.tolerance.logits, `logit ${i} is ${logits[i]}, not ${wanted}`);
    assert.deepEqual([model.name, model.numClasses, model.pretrainedCfg.tag], [NAME, 1000, 'ns_jft_in1k']);
    assert.equal(model.labels[258], 'Samoyed, Samoyede');
    model.dispose();
  });
}

test('what was loaded once is loaded again without a network', async () => {
  const online = await createModel(NAME, { pretrained: true, hub: hub() });
  const seen = server.requests.length;
  const offline = await createModel(NAME, { pretrained: true, hub: { ...hub(), isOffline: true } });
  assert.equal(server.requests.length, seen);
  assert.deepEqual(logitsOf(offline), logitsOf(online));
  for (const model of [online, offline]) model.dispose();
});

test('a person is told which weights a name means, and what was adapted', async () => {
  const told: string[] = [];
  const model = await createModel('tf_efficientnet_b0', {
    pretrained: true,
    numClasses: 3,
    inChans: 1,
    hub: hub(),
    onMessage: (message) => told.push(message),
  });
  assert.match(told[0]!, /^tf_efficientnet_b0 means tf_efficientnet_b0\.ns_jft_in1k/);
  assert.deepEqual(told.slice(1).sort(), [
    'tf_efficientnet_b0: the classifier of 1000 classes was left out: 3 are wanted',
    'tf_efficientnet_b0: the stem for 3 channels was adapted to 1',
  ]);
  assert.deepEqual(model.labels, ['<unmapped:0>', '<unmapped:1>', '<unmapped:2>']);
  assert.deepEqual(model.forward(tf.zeros([2, 32, 32, 1])).shape, [2, 3]);
  assert.deepEqual(model.pretrainedCfg.inputSize, [1, 224, 224]);
  assert.deepEqual(
    [model.pretrainedCfg.mean, model.pretrainedCfg.std].flat().map((value) => value.toFixed(3)),
    ['0.449', '0.226'],
  );
  model.dispose();
});

test('without onMessage the same is a warning of the process, once', async () => {
  const heard: Error[] = [];
  const listen = (warning: Error) => void heard.push(warning);
  process.on('warning', listen);
  for (let i = 0; i < 2; i++) {
    (await createModel('tf_efficientnet_b0_ap', { numClasses: 3 })).dispose();
    (await createModel('tf_efficientnet_b0.ns_jft_in1k', { pretrained: true, numClasses: 3, inChans: 1, hub: hub() })).dispose();
  }
  await new Promise(setImmediate); // warnings come in a later turn
  process.off('warning', listen);
  assert.deepEqual(heard.map(String).sort(), [
    'NoisyStudentWarning: tf_efficientnet_b0.ns_jft_in1k: the classifier of 1000 classes was left out: 3 are wanted',
    'NoisyStudentWarning: tf_efficientnet_b0.ns_jft_in1k: the stem for 3 channels was adapted to 1',
    'NoisyStudentWarning: tf_efficientnet_b0_ap is an old name; write tf_efficientnet_b0.ap_in1k.',
  ]);
});

/** timm 1.0.31's `reset_classifier`: "current pooling is kept if None". */
test('resetClassifier returns the model, with the pool it had unless another is named', async () => {
  const model = await createModel('efficientnet_t0', { globalPool: 'catavgmax', numClasses: 4, inChans: 1 });
  const grey = tf.zeros([2, 28, 28, 1]) as tf.Tensor4D;
  assert.equal(model.resetClassifier(7), model);
  assert.deepEqual([model.numClasses, model.forward(grey).shape], [7, [2, 7]]);
  assert.deepEqual(model.resetClassifier(0).forward(grey).shape, [2, 2 * model.numFeatures]);
  assert.deepEqual(model.resetClassifier(0, '').forward(grey).shape, [2, 4, 4, model.numFeatures]);
  assert.deepEqual(model.resetClassifier(2, 'max').forward(grey).shape, [2, 2]);
  assert.throws(() => model.resetClassifier(5, ''), { code: 'MODEL_INVALID', message: /5 classes and no pool/ });
  assert.throws(() => model.resetClassifier(0, '').resetClassifier(5), { code: 'MODEL_INVALID', message: /5 classes and no pool: .* name a pool/ });
  model.resetClassifier(2, 'max');
  assert.throws(() => model.resetClassifier(-1), { code: 'MODEL_INVALID' });
  assert.deepEqual(model.forward(grey).shape, [2, 2], 'a reset that was refused changes nothing');
  model.dispose();
});

test('features only gives the maps that are asked for, largest first, and refuses those that are not there', async () => {
  const options = { featuresOnly: true, pretrained: true, hub: hub() } as const;
  const model = await createModel(NAME, { ...options, outIndices: [-1, 2] });
  assert.deepEqual(
    model.forward(images).map(({ shape }) => shape),
    [
      [1, 8, 8, 40],
      [1, 2, 2, 320],
    ],
  );
  assert.deepEqual([model.featureInfo.channels(), model.featureInfo.reduction()], [[40, 320], [8, 32]]); // prettier-ignore
  assert.equal(Object.keys(model.variables).some((name) => /^(conv_head|bn2|classifier)\./.test(name)), false); // prettier-ignore
  model.dispose();
  await assert.rejects(createModel(NAME, { ...options, outIndices: [5] }), { code: 'MODEL_INVALID' });
});

test('a training loop lowers the loss, moves the running statistics and leaves no tensor behind', async () => {
  const model = await createModel('efficientnet_t0', { numClasses: 2, inChans: 1 });
  const [x, y] = [tf.tensor4d(fillImages(28, 28, 1), [1, 28, 28, 1]), tf.tensor2d([[0, 1]])];
  const batch = tf.concat([x, tf.mul(x, -1)]) as tf.Tensor4D;
  const targets = tf.concat([y, tf.sub(1, y)]);
  const optimiser = tf.train.sgd(0.1);
  const variance = model.variables['bn1.running_var']!.dataSync().slice();
  const step = (): number => {
    const loss = optimiser.minimize(() => tf.losses.softmaxCrossEntropy(targets, model.forward(batch, { training: true })), true, [
      ...model.trainableVariables,
    ])!;
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  };
  const first = step();
  const { numTensors } = tf.memory();
  let last = first;
  for (let i = 0; i < 5; i++) last = step();
  assert.ok(last < first, `${first} → ${last}`);
  assert.equal(tf.memory().numTensors, numTensors);
  assert.notDeepEqual(model.variables['bn1.running_var']!.dataSync(), variance);
  model.dispose();
});

test('what is saved is loaded as local-dir, and saved again with the same bytes', async () => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const model = await createModel('efficientnet_t0', { numClasses: 3, inChans: 1 });
  await model.save(first);
  const loaded = await createModel(`local-dir:${first}`);
  await loaded.save(second);
  for (const file of ['config.json', 'model.safetensors']) assert.deepEqual(await readFile(join(second, file)), await readFile(join(first, file)));
  for (const each of [model, loaded]) each.dispose();
});

test("a link in a model's folder that leads out of it is refused", async () => {
  const linked = join(folder, 'linked');
  const model = await createModel('efficientnet_t0', { numClasses: 3, inChans: 1 });
  await model.save(linked);
  model.dispose();
  await rename(join(linked, 'model.safetensors'), join(folder, 'elsewhere.safetensors'));
  await symlink(join(folder, 'elsewhere.safetensors'), join(linked, 'model.safetensors'));
  await assert.rejects(createModel(`local-dir:${linked}`), {
    code: 'WEIGHTS_INVALID',
    message: /is a link to .*elsewhere\.safetensors, but the files of a model must lie in its folder/,
  });
});

for (const [what, shape, message] of [
  ['PyTorch puts them', [1, 3, 64, 64], /tf\.transpose/],
  ['one image alone', [64, 64, 3], /tf\.expandDims/],
] as const) {
  test(`images as ${what} are refused with the remedy`, async () => {
    const model = await createModel(NAME);
    assert.throws(() => model.forward(tf.zeros(shape as unknown as [number, number, number, number])), { code: 'MODEL_INVALID', message });
    model.dispose();
  });
}

for (const [name, options, error] of [
  ['efficientnet_b6', { pretrained: true }, { code: 'MODEL_UNKNOWN', message: /no weights of efficientnet_b6 were published/ }],
  ['tf_efficientnet_b0', { globalPool: 'avgmaxc' }, { code: 'MODEL_INVALID' }],
  ['tf_efficientnet_b0', { outputStride: 12 }, { code: 'MODEL_INVALID' }],
  ['tf_efficientnet_b0', { numClasses: -1 }, { code: 'MODEL_INVALID' }],
  ['local-dir:/nowhere', {}, { code: 'WEIGHTS_INVALID', message: /config\.json does not exist/ }],
  ['run:nothing', { home: '/nowhere' }, { code: 'RUN_UNKNOWN' }],
] as const) {
  test(`${name} with ${JSON.stringify(options)} is refused as ${error.code}`, async () => {
    await assert.rejects(createModel(name, options), error);
  });
}

function logitsOf(model: ClassifierModel): number[] {
  return tf.tidy(() => [...model.forward(images).dataSync()]);
}
