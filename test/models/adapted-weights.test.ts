import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { adaptStem } from '../../lib/models/adapt-stem.js';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { readTensors, writeTensors, type StoredTensor } from '../../lib/models/safetensors.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { loadAdapted, loadModel, saveModel, WEIGHTS_FILE } from '../../lib/models/weights.js';

const network = outlineNetwork('efficientnet_t0', { classes: 3, channels: 3 });
const weights = initialiseFrom(network, { seed: 1, generation: 0 });
const facts = { labels: ['a', 'b', 'c'], size: 28, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], tag: 'test', noisyStudent: {} };

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'adapted-'));
  await saveModel(path.join(folder, 'saved'), network, weights, ownConfig(network, facts));
});
after(() => rm(folder, { recursive: true }));

/** timm 1.0.31, `adapt_input_conv(n, weight)` of a filter [1, 3, 1, 1] with 1, 2, 4, and of one with 5 for one channel. */
for (const [channels, from, wanted] of [
  [1, [1, 2, 4], [7]],
  [2, [1, 2, 4], [1.5, 3]],
  [4, [1, 2, 4], [0.75, 1.5, 3, 0.75]],
  [6, [1, 2, 4], [0.5, 1, 2, 0.5, 1, 2]],
  [3, [5], [5 / 3, 5 / 3, 5 / 3]],
] as const) {
  test(`a stem for ${from.length} channels is adapted to ${channels} as timm does it`, () => {
    assert.deepEqual(adaptStem(Float32Array.from(from), [1, 1, from.length, 1], channels), Float32Array.from(wanted));
  });
}

test('weights of the same head and channels are taken as they are', async () => {
  const { tensors, adapted, fresh } = await loadAdapted(path.join(folder, 'saved'), network);
  assert.deepEqual(tensors, weights);
  assert.deepEqual([adapted, fresh], [[], []]);
});

test('another number of classes leaves the classifier out, and says so', async () => {
  const { tensors, adapted, fresh } = await loadAdapted(path.join(folder, 'saved'), outlineNetwork('efficientnet_t0', { classes: 5, channels: 3 }));
  const { 'classifier.weight': _weight, 'classifier.bias': _bias, ...others } = weights;
  assert.deepEqual(tensors, others);
  assert.deepEqual(adapted, ['the classifier of 3 classes was left out: 5 are wanted']);
  assert.deepEqual(fresh, ['classifier.weight', 'classifier.bias']);
});

test('other channels adapt the stem and nothing else', async () => {
  const { tensors, adapted, fresh } = await loadAdapted(path.join(folder, 'saved'), outlineNetwork('efficientnet_t0', { classes: 3, channels: 1 }));
  assert.equal(tensors['conv_stem.weight']!.length, weights['conv_stem.weight']!.length / 3);
  assert.deepEqual({ ...tensors, 'conv_stem.weight': null }, { ...weights, 'conv_stem.weight': null });
  assert.deepEqual(adapted, ['the stem for 3 channels was adapted to 1']);
  assert.deepEqual(fresh, []);
});

test('another architecture is refused with both names', async () => {
  await assert.rejects(loadAdapted(path.join(folder, 'saved'), outlineNetwork('efficientnet_t1', { classes: 3, channels: 3 })), {
    code: 'WEIGHTS_INVALID',
    message: /holds efficientnet_t0, but efficientnet_t1 is wanted/,
  });
});

test("names with the prefix of PyTorch's wrappers are the names behind it", async () => {
  const wrapped = await folderWith((tensors) => new Map([...tensors].map(([name, tensor]) => [`module._orig_mod.${name}`, tensor])));
  assert.deepEqual((await loadModel(wrapped)).tensors, weights);
});

for (const [number, said] of [
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
] as const) {
  test(`weights with ${said} are refused with the tensor and the place`, async () => {
    const broken = await folderWith((tensors) => {
      const { shape, values } = tensors.get('bn2.bias')!;
      const changed = Float32Array.from(values as Float32Array);
      changed[7] = number;
      return new Map([...tensors, ['bn2.bias', { shape, values: changed }]]);
    });
    await assert.rejects(loadModel(broken), { code: 'WEIGHTS_INVALID', message: new RegExp(`"bn2\\.bias" holds ${said} at 7`) });
  });
}

test('a variance below 0 is refused with the tensor and the place', async () => {
  const broken = await folderWith((tensors) => {
    const { shape, values } = tensors.get('bn2.running_var')!;
    return new Map([...tensors, ['bn2.running_var', { shape, values: Float32Array.from(values as Float32Array, (value, i) => (i === 3 ? -1 : value)) }]]);
  });
  await assert.rejects(loadModel(broken), { code: 'WEIGHTS_INVALID', message: /"bn2\.running_var" holds -1 at 3, but a variance is 0 or more/ });
});

test('a tensor that is there twice, once with the prefix of a wrapper, is refused with both names', async () => {
  const twice = await folderWith((tensors) => new Map([...tensors, ['module.bn2.bias', tensors.get('bn2.bias')!]]));
  await assert.rejects(loadModel(twice), { code: 'WEIGHTS_INVALID', message: /holds both "(module\.)?bn2\.bias" and "(module\.)?bn2\.bias"/ });
});

test('what would steer a terminal or begin a line of its own is not repeated', async () => {
  const strange = await folderWith((tensors) => new Map([...tensors, [`\u001b[2J\n${'x'.repeat(500)}`, tensors.get('bn2.bias')!]]));
  await assert.rejects(loadModel(strange), ({ message }: Error) => /unexpected: \\u001b\[2J\\nx+…/.test(message) && message.length < 1000);
});

test('a name of a million signs is refused by its length', async () => {
  const strange = await folderWith((tensors) => new Map([...tensors, ['module.'.repeat(2e5), tensors.get('bn2.bias')!]]));
  await assert.rejects(loadModel(strange), ({ message }: Error) => /has a name of 1400000 signs, but 1000 are the most/.test(message) && message.length < 1000);
});

test('a pickle is not read: the reason and the way to safetensors are told', async () => {
  const pickled = await folderWith((tensors) => tensors);
  await rename(path.join(pickled, WEIGHTS_FILE), path.join(pickled, 'pytorch_model.bin'));
  await assert.rejects(loadModel(pickled), { code: 'WEIGHTS_INVALID', message: /pytorch_model\.bin is there, but it is a pickle.*save_file/ });
});

test('a file that ends early is refused before a tensor is read', async () => {
  const short = await folderWith((tensors) => tensors);
  const bytes = await readFile(path.join(short, WEIGHTS_FILE));
  await writeFile(path.join(short, WEIGHTS_FILE), bytes.subarray(0, -1));
  await assert.rejects(loadModel(short), { code: 'WEIGHTS_INVALID', message: /bytes of data follow the header/ });
});

/** A copy of the saved folder whose tensors were changed. */
async function folderWith(change: (tensors: ReadonlyMap<string, StoredTensor>) => ReadonlyMap<string, StoredTensor>): Promise<string> {
  const other = await mkdtemp(path.join(folder, 'changed-'));
  await cp(path.join(folder, 'saved'), other, { recursive: true });
  const { tensors, metadata } = await readTensors(path.join(other, WEIGHTS_FILE));
  await writeTensors(path.join(other, WEIGHTS_FILE), { tensors: change(tensors), metadata });
  return other;
}
