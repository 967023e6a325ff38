import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { forward, forwardFeatures, forwardHead, tensorsFrom, type Mode } from '../../lib/models/efficientnet.js';
import { featureInfo, featuresOnly, forwardIntermediates, type FeatureLocation } from '../../lib/models/features.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork, type Network } from '../../lib/models/variants.js';
import { tf } from '../../lib/tensor/runtime.js';
import { fillImages, fillWeights } from './fill.js';

interface Summary {
  readonly mean: number;
  readonly sum: number;
  readonly norm: number;
}

interface Where {
  readonly model: string;
  readonly height: number;
  readonly width: number;
}

interface Golden {
  readonly tolerance: number;
  readonly features: readonly (Where & {
    readonly outputStride: number;
    readonly location: FeatureLocation;
    readonly channels: readonly number[];
    readonly reduction: readonly number[];
    readonly modules: readonly string[];
    readonly maps: readonly (Summary & { readonly shape: readonly number[] })[];
  })[];
  readonly pools: readonly (Where & {
    readonly pool: string;
    readonly features: number;
    readonly preLogits: Summary & { readonly first: readonly number[]; readonly last: readonly number[] };
    readonly logits: readonly number[];
  })[];
  readonly everyStage: Where & { readonly final: Summary; readonly maps: readonly (Summary & { readonly shape: readonly number[] })[] };
}

const golden = JSON.parse(readFileSync(new URL('../golden/features.json', import.meta.url), 'utf8')) as Golden;
const INFERENCE: Mode = { training: false };

for (const wanted of golden.features) {
  const { model, height, width, outputStride, location } = wanted;
  test(`${model} at ${height}x${width}, output stride ${outputStride}, ${location}: timm's maps`, () => {
    const network = featuresOnly(outlineNetwork(model, { classes: 1000, channels: 3, outputStride }));
    const info = featureInfo(network, { location });
    assert.deepEqual([info.channels(), info.reduction(), info.moduleName()], [wanted.channels, wanted.reduction, wanted.modules]);
    tf.tidy(() => {
      const { maps } = forwardIntermediates(network, filled(network), image(height, width), { location });
      assert.deepEqual(
        maps.map(({ shape }) => shape.slice(1)),
        wanted.maps.map(({ shape }) => shape),
      );
      for (const [i, map] of maps.entries()) checkSummary(`map ${i}`, map, wanted.maps[i]!);
    });
  });
}

for (const { model, height, width, pool, features, preLogits, logits } of golden.pools) {
  test(`${model} at ${height}x${width} with the pool '${pool}': timm's features and logits`, () => {
    const network = outlineNetwork(model, { classes: 10, channels: 3, pool });
    assert.equal(network.pooled, features);
    tf.tidy(() => {
      const tensors = filled(network);
      const map = lastMap(model, height, width);
      const pooled = forwardHead(network, tensors, map, { preLogits: true });
      checkSummary('features', pooled, preLogits);
      const values = [...pooled.dataSync<'float32'>()];
      checkNear('the first features', values.slice(0, 3), preLogits.first);
      checkNear('the last features', values.slice(-3), preLogits.last);
      checkNear('logits', [...forwardHead(network, tensors, map).dataSync<'float32'>()], logits);
    });
  });
}

test("with extra blocks come the stem and all seven stages, and timm's last map", () => {
  const { model, height, width, maps: wanted, final: last } = golden.everyStage;
  const network = outlineNetwork(model, { classes: 1000, channels: 3 });
  tf.tidy(() => {
    const { maps, final } = forwardIntermediates(network, filled(network), image(height, width), { extraBlocks: true });
    assert.deepEqual(
      maps.map(({ shape }) => shape.slice(1)),
      wanted.map(({ shape }) => shape),
    );
    for (const [i, map] of maps.entries()) checkSummary(`map ${i}`, map, wanted[i]!);
    checkSummary('final', final!, last);
  });
});

test('B0 at 224 pixels has the shapes that timm has', () => {
  const network = outlineNetwork('tf_efficientnet_b0', { classes: 1000, channels: 3 });
  const without = (pool: string) => outlineNetwork('tf_efficientnet_b0', { classes: 0, channels: 3, pool });
  tf.tidy(() => {
    const tensors = filled(network);
    const images = tf.zeros([2, 224, 224, 3]) as tf.Tensor4D;
    const { final, maps } = forwardIntermediates(network, tensors, images);
    const head = (of: Network, preLogits = false) => forwardHead(of, tensors, final!, { preLogits }).shape;
    assert.deepEqual(final!.shape, [2, 7, 7, 1280]);
    assert.deepEqual(
      maps.map(({ shape }) => shape.join()),
      ['2,112,112,16', '2,56,56,24', '2,28,28,40', '2,14,14,112', '2,7,7,320'],
    );
    assert.deepEqual(
      [head(network, true), head(network), head(without('avg')), head(without(''))],
      [
        [2, 1280],
        [2, 1000],
        [2, 1280],
        [2, 7, 7, 1280],
      ],
    );
    assert.deepEqual(head(without('catavgmax')), [2, 2560]);
  });
});

for (const [outIndices, wanted] of [
  [undefined, [16, 24, 40, 112, 320]],
  [
    [2, -1],
    [40, 320],
  ],
  [
    [-1, 2, 2],
    [40, 320],
  ],
  [[-5], [16]],
  [2, [112, 320]],
] as const) {
  test(`the indices ${JSON.stringify(outIndices) ?? 'of nobody'} mean the maps of ${String(wanted)} channels`, () => {
    const network = outlineNetwork('tf_efficientnet_b0', { classes: 10, channels: 3 });
    assert.deepEqual(featureInfo(network, { outIndices }).channels(), wanted);
    tf.tidy(() => {
      const { maps } = forwardIntermediates(network, filled(network), tf.zeros([1, 32, 32, 3]), { outIndices, intermediatesOnly: true });
      assert.deepEqual(
        maps.map(({ shape }) => shape[3]),
        wanted,
      );
    });
  });
}

for (const [outIndices, found] of [
  [[5], 'index 5 '],
  [[0, -6], 'index -6 '],
  [[1.5], 'index 1.5 '],
  [[Number.NaN], 'index NaN '],
  [[], 'none '],
  [0, 'the last 0 '],
  [6, 'the last 6 '],
] as const) {
  test(`the indices ${JSON.stringify(outIndices)} are refused with what is allowed`, () => {
    const network = outlineNetwork('tf_efficientnet_b0', { classes: 10, channels: 3 });
    const refusal = { code: 'MODEL_INVALID', message: new RegExp(`tf_efficientnet_b0 has 5 feature maps, and ${found}.*(1 to 5|-5 to 4)`) };
    assert.throws(() => featureInfo(network, { outIndices }), refusal);
    assert.throws(() => forwardIntermediates(network, {}, tf.zeros([1, 8, 8, 3]), { outIndices }), refusal);
  });
}

test('the network of features alone has 352 tensors of timm for B0, and gives the last block its say', () => {
  const network = featuresOnly(outlineNetwork('tf_efficientnet_b0', { classes: 1000, channels: 3 }));
  assert.equal(network.tensors.length + network.tensors.filter(({ kind }) => kind === 'mean').length, 352);
  assert.deepEqual([network.classes, network.pool, network.features], [0, '', 320]);
  tf.tidy(() => {
    const tensors = filled(network);
    const images = tf.randomNormal([2, 40, 40, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
    const { maps, final } = forwardIntermediates(network, tensors, images, { outIndices: [-1] });
    assert.equal(final, maps[0]);
    assert.deepEqual(forwardFeatures(network, tensors, images, INFERENCE).features.dataSync(), final!.dataSync());
    assert.throws(() => forward(network, tensors, images, INFERENCE), { code: 'MODEL_INVALID', message: /has no pool.*forwardFeatures/ });
  });
});

test('stopping early leaves out what comes behind, needs none of its tensors, and changes no map', () => {
  const network = outlineNetwork('efficientnet_b0', { classes: 10, channels: 3 });
  tf.tidy(() => {
    const tensors = filled(network);
    const images = tf.randomNormal([1, 48, 48, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
    const front = Object.fromEntries(Object.entries(tensors).filter(([name]) => /^(conv_stem|bn1|blocks\.[01])\b/.test(name)));
    const early = forwardIntermediates(network, front, images, { outIndices: [0, 1], stopEarly: true });
    assert.equal(early.final, early.maps[1]);
    const whole = forwardIntermediates(network, tensors, images, { outIndices: [0, 1] });
    assert.deepEqual(whole.final!.shape, [1, 2, 2, 1280]);
    for (const [i, map] of whole.maps.entries()) assert.deepEqual(early.maps[i]!.dataSync(), map.dataSync());
    const stem = forwardIntermediates(network, front, images, { outIndices: [0], extraBlocks: true, stopEarly: true });
    assert.deepEqual([stem.final!.shape, stem.maps.length], [[1, 24, 24, 32], 1]);
  });
});

test('maps on the way leave no tensor behind but themselves', () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1, outputStride: 4 });
  const tensors = fresh(network);
  const images = tf.randomNormal([2, 28, 28, 1], 0, 1, 'float32', 5) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  for (const [options, made] of [
    [{}, 3 + 1],
    [{ intermediatesOnly: true }, 3],
    [{ extraBlocks: true }, 4 + 1],
    [{ outIndices: [0], location: 'expansion', intermediatesOnly: true }, 1],
    [{ outIndices: [-2], stopEarly: true }, 1],
  ] as const) {
    const found = forwardIntermediates(network, tensors, images, options);
    assert.equal(tf.memory().numTensors - before, made);
    tf.dispose([found.maps, found.final ?? []]);
    assert.equal(tf.memory().numTensors, before);
  }
  const map = tf.ones([1, 2, 2, 160]) as tf.Tensor4D;
  const output = forwardHead(outlineNetwork('efficientnet_t1', { classes: 0, channels: 1, pool: '' }), {}, map);
  output.dispose();
  assert.equal(map.isDisposed, false);
  tf.dispose([tensors, images, map]);
});

test('a dilated network trains: its gradients are those of plain JavaScript', async () => {
  const network = outlineNetwork('efficientnet_t1', { classes: 4, channels: 1, outputStride: 2, pool: 'avgmax' });
  assert.deepEqual(
    network.blocks.map(({ dilation, stride }) => [dilation, stride]),
    [[1, 1], [2, 1], [2, 1], [4, 1]], // prettier-ignore
  );
  const weights = initialiseFrom(network, { seed: 3, generation: 0 });
  const pixels = fillImages(9, 7, 2); // odd sides, so that the grids of a dilation have unequal ones
  const run = async (backend: string) => {
    await tf.setBackend(backend);
    return tf.tidy(() => {
      const tensors = tensorsFrom(network, weights);
      const names = network.tensors.filter(({ kind }) => kind === 'weight').map(({ name }) => name);
      const images = tf.tensor4d(pixels, [2, 9, 7, 1]);
      const loss = (...values: tf.Tensor[]) => {
        const own = { ...tensors, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
        return tf.sum(tf.square(tf.logSoftmax(forward(network, own, images, { training: true, dropPath: null, dropout: null }).logits)));
      };
      return tf
        .grads(loss)(names.map((name) => tensors[name]!))
        .map((gradient, i) => ({ name: names[i]!, values: [...gradient.dataSync<'float32'>()] }));
    });
  };
  try {
    const [native, plain] = [await run('tensorflow'), await run('cpu')];
    for (const [i, { name, values }] of native.entries()) {
      const scale = Math.max(1, ...values.map(Math.abs));
      for (const [k, value] of values.entries()) assert.ok(Math.abs(value - plain[i]!.values[k]!) <= 1e-3 * scale, `${name}[${k}]`);
    }
    assert.ok(
      native.some(({ values }) => values.some((value) => Math.abs(value) > 0.1)),
      'the gradients are not trivial',
    );
  } finally {
    await tf.setBackend('tensorflow');
  }
});

/** The last map of timm's fill, once for all pools. */
function lastMap(model: string, height: number, width: number): tf.Tensor4D {
  const key = `${model} ${height} ${width}`;
  const known = lastMaps.get(key);
  if (known) return known;
  const network = outlineNetwork(model, { classes: 0, channels: 3 });
  const map = tf.keep(tf.tidy(() => forwardFeatures(network, filled(network), image(height, width), INFERENCE).features));
  lastMaps.set(key, map);
  return map;
}

const lastMaps = new Map<string, tf.Tensor4D>();

function filled(network: Network): Record<string, tf.Tensor> {
  return { ...tensorsFrom(network, fillWeights(network)) };
}

function fresh(network: Network): Record<string, tf.Tensor> {
  return { ...tensorsFrom(network, initialiseFrom(network, { seed: 1, generation: 0 })) };
}

function image(height: number, width: number): tf.Tensor4D {
  return tf.tensor4d(fillImages(height, width, 3), [1, height, width, 3]);
}

/** Against timm in float64: what adds up over a map may differ by its share of the map's length. */
function checkSummary(what: string, tensor: tf.Tensor, { mean, sum, norm }: Summary): void {
  const values = tensor.dataSync<'float32'>();
  const total = values.reduce((all, value) => all + value, 0);
  const length = Math.sqrt(values.reduce((all, value) => all + value ** 2, 0));
  const allowed = golden.tolerance * norm;
  checkNear(`the norm of ${what}`, [length], [norm], allowed);
  checkNear(`the sum of ${what}`, [total], [sum], allowed * Math.sqrt(values.length));
  checkNear(`the mean of ${what}`, [total / values.length], [mean], allowed / Math.sqrt(values.length));
}

function checkNear(what: string, found: readonly number[], wanted: readonly number[], tolerance = golden.tolerance): void {
  assert.equal(found.length, wanted.length);
  for (const [i, value] of found.entries())
    assert.ok(Math.abs(value - wanted[i]!) <= tolerance, `${what}: [${i}] is ${value}, not ${wanted[i]} within ${tolerance}`);
}
