import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mbConv, stem, type Layers } from '../../lib/models/blocks.js';
import { forward, forwardFeatures, type Mode } from '../../lib/models/efficientnet.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork, type Network } from '../../lib/models/variants.js';
import { tf } from '../../lib/tensor/runtime.js';
import { fillImages, fillWeights, fnv1a, uniformStream } from './fill.js';

interface Golden {
  readonly tolerance: { readonly stemMean: number; readonly featuresMean: number; readonly logits: number; readonly sum: number; readonly norm: number };
  readonly values: readonly {
    readonly model: string;
    readonly height: number;
    readonly width: number;
    readonly stemMean: number;
    readonly featuresMean: number;
    readonly logits: readonly number[];
    readonly sum: number;
    readonly norm: number;
    readonly argmax: number;
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/efficientnet.json', import.meta.url), 'utf8')) as Golden;
const INFERENCE: Mode = { training: false };

test('the fill of the golden values is the one they were computed with', () => {
  assert.deepEqual(['conv_stem.weight', 'input'].map(fnv1a), [3217288665, 4191711099]);
  const draw = uniformStream('conv_stem.weight');
  assert.deepEqual(
    [draw(), draw(), draw()].map((u) => u.toFixed(8)),
    ['0.40852786', '0.13331601', '0.97459309'],
  );
});

for (const wanted of golden.values) {
  test(`${wanted.model} at ${wanted.height}x${wanted.width} gives timm's logits`, () => {
    const network = outlineNetwork(wanted.model, { classes: 1000, channels: 3 });
    tf.tidy(() => {
      const tensors = toTensors(network, fillWeights(network));
      const images = tf.tensor4d(fillImages(wanted.height, wanted.width, 3), [1, wanted.height, wanted.width, 3]);
      const logits = forward(network, tensors, images, INFERENCE).logits.dataSync<'float32'>();
      const { tolerance } = golden;
      checkNear('stem', mean(stem(images, layersOf(network, tensors, false))), wanted.stemMean, tolerance.stemMean);
      checkNear('features', mean(forwardFeatures(network, tensors, images, INFERENCE).features), wanted.featuresMean, tolerance.featuresMean);
      for (const [i, logit] of wanted.logits.entries()) checkNear(`logit ${i}`, logits[i]!, logit, tolerance.logits);
      checkNear(
        'sum',
        logits.reduce((sum, logit) => sum + logit, 0),
        wanted.sum,
        tolerance.sum,
      );
      checkNear('norm', Math.hypot(...logits), wanted.norm, tolerance.norm);
      assert.equal(logits.indexOf(Math.max(...logits)), wanted.argmax);
    });
  });
}

for (const [name, size, channels, stages] of [
  ['tf_efficientnet_b0', 64, 3, ['32x32x16', '16x16x24', '8x8x40', '4x4x80', '4x4x112', '2x2x192', '2x2x320']],
  ['efficientnet_b0', 50, 3, ['25x25x16', '13x13x24', '7x7x40', '4x4x80', '4x4x112', '2x2x192', '2x2x320']],
  ['efficientnet_t0', 28, 1, ['7x7x16', '7x7x24', '4x4x40']],
  ['efficientnet_t1', 28, 1, ['7x7x24', '7x7x24', '4x4x48']],
] as const) {
  test(`${name} has the maps of its table at ${size} pixels`, () => {
    const network = outlineNetwork(name, { classes: 10, channels });
    tf.tidy(() => {
      const layers = layersOf(network, fresh(network), false);
      const images = tf.zeros([2, size, size, channels]) as tf.Tensor4D;
      const last = new Map<number, string>();
      let x = stem(images, layers);
      for (const block of network.blocks) {
        x = mbConv(x, block, layers, null);
        last.set(block.stage, x.shape.slice(1).join('x'));
      }
      assert.deepEqual([...last.values()], stages);
      const { features } = forwardFeatures(network, layers.tensors, images, INFERENCE);
      assert.deepEqual(features.shape, [...x.shape.slice(0, 3), network.features]);
      assert.deepEqual(forward(network, layers.tensors, images, INFERENCE).logits.shape, [2, 10]);
    });
  });
}

test('training returns the new statistics of every batch norm, and inference none', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const tensors = fresh(network);
    const images = noise([8, 28, 28, 1]);
    const { statistics } = forward(network, tensors, images, { training: true, dropPath: null, dropout: null });
    assert.deepEqual(
      Object.keys(statistics).sort(),
      network.tensors
        .filter(({ kind }) => kind !== 'weight')
        .map(({ name }) => name)
        .sort(),
    );
    assert.deepEqual(forward(network, tensors, images, INFERENCE).statistics, {});

    // The stem's, worked out from what its convolution leaves: momentum .95, the unbiased variance of 8 * 14 * 14 values.
    const map = tf.conv2d(
      tf.pad(images, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
      tensors['conv_stem.weight'] as tf.Tensor4D,
      2,
      'valid',
    );
    const values = tf
      .transpose(map, [3, 0, 1, 2])
      .dataSync<'float32'>()
      .subarray(0, 8 * 14 * 14);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const unbiased = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
    checkNear('mean', statistics['bn1.running_mean']!.dataSync<'float32'>()[0]!, 0.05 * average, 1e-6);
    checkNear('variance', statistics['bn1.running_var']!.dataSync<'float32'>()[0]!, 0.95 + 0.05 * unbiased, 1e-6);
  });
});

test('inference forgets the batch: an image alone has the logits it has among others', () => {
  const network = outlineNetwork('efficientnet_t0', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const tensors = fresh(network);
    const images = noise([5, 28, 28, 1]);
    const together = forward(network, tensors, images, INFERENCE).logits.dataSync<'float32'>();
    const alone = forward(network, tensors, tf.slice(images, [3, 0, 0, 0], [1, 28, 28, 1]), INFERENCE).logits.dataSync<'float32'>();
    for (const [i, logit] of alone.entries()) checkNear(`logit ${i}`, logit, together[30 + i]!, 1e-5);
  });
});

test('a drop-path mask of 0 leaves exactly the input, and one of 1 / survival scales the branch alone', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const layers = layersOf(network, fresh(network), true);
    const block = network.blocks[1]!;
    const x = noise([3, 7, 7, block.in]);
    const branches = tf.sub(mbConv(x, block, layers, null), x);
    const masked = mbConv(x, block, layers, tf.tensor4d([0, 1, 1 / 0.8], [3, 1, 1, 1]));
    const image = (map: tf.Tensor, i: number) => tf.slice(map, [i, 0, 0, 0], [1, 7, 7, block.in]);
    assert.deepEqual(image(masked, 0).dataSync<'float32'>(), image(x, 0).dataSync<'float32'>());
    for (const [i, scale] of [
      [1, 1],
      [2, 1.25],
    ] as const) {
      const error = tf.max(tf.abs(tf.sub(image(masked, i), tf.add(image(x, i), tf.mul(image(branches, i), scale)))));
      checkNear(`image ${i}`, error.dataSync<'float32'>()[0]!, 0, 1e-5);
    }
  });
});

test('row i of the drop-path mask belongs to block i, and only blocks with a skip read theirs', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const tensors = fresh(network);
    const images = noise([4, 28, 28, 1]);
    const gradients = (rows: readonly number[]) => {
      const dropPath = tf.tensor2d(
        rows.flatMap((row) => [row, row, row, row]),
        [4, 4],
      );
      return gradientSizes(network, tensors, images, { training: true, dropPath, dropout: null });
    };
    const branch = (sizes: Map<string, number>, block: string) => sizes.get(`${block}.conv_pwl.weight`)!;
    const dropped = gradients([0, 0, 0, 1]); // blocks 0 and 2 have no skip
    assert.equal(branch(dropped, 'blocks.1.0'), 0);
    assert.ok(branch(dropped, 'blocks.2.0') > 0);
    assert.ok(branch(dropped, 'blocks.2.1') > 0);
    assert.equal(branch(gradients([1, 1, 1, 0]), 'blocks.2.1'), 0);
  });
});

test('a dropout mask multiplies the pooled features', () => {
  const network = outlineNetwork('efficientnet_t0', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const tensors = { ...fresh(network), 'classifier.bias': tf.range(0, 10) };
    const dropout = tf.stack([tf.zeros([128]), tf.ones([128])]) as tf.Tensor2D;
    const images = noise([2, 28, 28, 1]);
    const masked = forward(network, tensors, images, { training: true, dropPath: null, dropout }).logits.dataSync<'float32'>();
    const whole = forward(network, tensors, images, { training: true, dropPath: null, dropout: null }).logits.dataSync<'float32'>();
    assert.deepEqual([...masked.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(masked.subarray(10), whole.subarray(10));
  });
});

test('a frozen norm is that of inference in training, keeps its statistics, and passes gradients on', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const tensors: Record<string, tf.Tensor> = {
      ...fresh(network),
      'bn1.running_mean': tf.fill([16], 0.1),
      'blocks.1.0.bn2.running_var': tf.fill([72], 2),
    };
    const images = noise([4, 28, 28, 1]);
    const training = { training: true, dropPath: null, dropout: null } as const;
    const all = forward(network, tensors, images, { ...training, frozenNorms: () => true });
    assert.deepEqual(all.statistics, {});
    assert.deepEqual(all.logits.dataSync(), forward(network, tensors, images, INFERENCE).logits.dataSync());

    const frozenNorms = (norm: string) => norm === 'bn1' || norm.startsWith('blocks.0.');
    const names = network.tensors.filter(({ kind }) => kind !== 'weight').map(({ name }) => name);
    const { statistics } = forward(network, tensors, images, { ...training, frozenNorms });
    assert.deepEqual(Object.keys(statistics).sort(), names.filter((name) => !/^(bn1|blocks\.0\.0)\./.test(name)).sort());

    const gradients = gradientSizes(network, tensors, images, { ...training, frozenNorms });
    for (const [name, length] of gradients) assert.ok(Number.isFinite(length), name);
    for (const name of ['conv_stem.weight', 'bn1.weight', 'bn1.bias', 'blocks.0.0.bn2.weight']) assert.ok(gradients.get(name)! > 0, name);
  });
});

test('plain JavaScript computes the same logits, statistics and gradients as libtensorflow', async () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 4, channels: 1 });
  const weights = initialiseFrom(network, { seed: 3, generation: 0 });
  const pixels = uniformStream('pixels');
  const values = Float32Array.from({ length: 2 * 16 * 16 }, () => 2 * pixels() - 1);
  const run = async (backend: string) => {
    await tf.setBackend(backend);
    const found = new Map<string, number>();
    tf.tidy(() => {
      const tensors = toTensors(network, weights);
      const images = tf.tensor4d(values, [2, 16, 16, 1]);
      const mode: Mode = { training: true, dropPath: tf.fill([4, 2], 1.25), dropout: tf.fill([2, 160], 2) };
      const { logits, statistics } = forward(network, tensors, images, mode);
      found.set('logits', size(logits));
      for (const [name, tensor] of Object.entries(statistics)) found.set(name, size(tensor));
      for (const [name, length] of gradientSizes(network, tensors, images, mode)) found.set(name, length);
    });
    return found;
  };
  try {
    const [native, plain] = [await run('tensorflow'), await run('cpu')];
    assert.equal(native.size, 1 + network.tensors.length);
    for (const [name, value] of native) checkNear(name, value, plain.get(name)!, 1e-4 * Math.max(1, value));
  } finally {
    await tf.setBackend('tensorflow');
  }
});

test('a step leaves no tensor behind, and the same step again has the same bytes', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
  const tensors = fresh(network);
  const images = noise([4, 28, 28, 1]);
  const masks = { dropPath: tf.ones([4, 4]) as tf.Tensor2D, dropout: tf.ones([4, 160]) as tf.Tensor2D };
  const mode: Mode = { training: true, ...masks };
  const before = tf.memory().numTensors;
  const seen = new Set<string>();
  for (let step = 0; step < 4; step++) {
    const { logits, statistics } = forward(network, tensors, images, mode);
    assert.equal(tf.memory().numTensors, before + 1 + Object.keys(statistics).length);
    const inferred = forward(network, tensors, images, INFERENCE);
    seen.add(String([...logits.dataSync<'float32'>(), ...inferred.logits.dataSync<'float32'>(), ...gradientSizes(network, tensors, images, mode).values()]));
    tf.dispose([logits, statistics, inferred]);
    assert.equal(tf.memory().numTensors, before);
  }
  assert.equal(seen.size, 1);
  tf.dispose([tensors, images, masks]);
});

test('a missing tensor is named', () => {
  const network = outlineNetwork('efficientnet_t0', { classes: 10, channels: 1 });
  tf.tidy(() => {
    const { 'blocks.1.0.conv_dw.weight': _, ...tensors } = fresh(network);
    const images = tf.zeros([1, 28, 28, 1]) as tf.Tensor4D;
    assert.throws(() => forward(network, tensors, images, INFERENCE), { code: 'WEIGHTS_INVALID', message: /"blocks\.1\.0\.conv_dw\.weight"/ });
  });
});

function layersOf(network: Network, tensors: Record<string, tf.Tensor>, training: boolean): Layers {
  return { network, tensors, training, folded: false, statistics: {} };
}

function fresh(network: Network): Record<string, tf.Tensor> {
  return toTensors(network, initialiseFrom(network, { seed: 1, generation: 0 }));
}

function toTensors(network: Network, weights: Record<string, Float32Array>): Record<string, tf.Tensor> {
  return Object.fromEntries(network.tensors.map(({ name, shape }) => [name, tf.tensor(weights[name]!, [...shape])]));
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, 'float32', 7) as tf.Tensor4D;
}

/** The Euclidean length of the gradient of each trained tensor, for a loss that sees every logit. */
function gradientSizes(network: Network, tensors: Record<string, tf.Tensor>, images: tf.Tensor4D, mode: Mode): Map<string, number> {
  const names = network.tensors.filter(({ kind }) => kind === 'weight').map(({ name }) => name);
  const loss = (...weights: tf.Tensor[]) => {
    const own = { ...tensors, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])) };
    return tf.sum(tf.square(tf.logSoftmax(forward(network, own, images, mode).logits)));
  };
  const gradients = tf.grads(loss)(names.map((name) => tensors[name]!));
  const sizes = new Map(names.map((name, i) => [name, size(gradients[i]!)]));
  tf.dispose(gradients);
  return sizes;
}

function size(tensor: tf.Tensor): number {
  return Math.hypot(...tensor.dataSync<'float32'>());
}

function mean(tensor: tf.Tensor): number {
  return tf.tidy(() => tf.mean(tensor).dataSync<'float32'>()[0]!);
}

function checkNear(what: string, found: number, wanted: number, tolerance: number): void {
  assert.ok(Math.abs(found - wanted) <= tolerance, `${what} is ${found}, not ${wanted} within ${tolerance}`);
}
