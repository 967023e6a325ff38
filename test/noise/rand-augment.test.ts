import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OP_NAMES, OPS, type OpName } from '../../lib/noise/ops.js';
import { describeRandAugment, randAugment } from '../../lib/noise/rand-augment.js';
import { randomKey, stream } from '../../lib/noise/random.js';
import { emptyTally, measuredNoise } from '../../lib/noise/tally.js';
import type { RandAugmentSpec } from '../../lib/spec/resolved.js';
import { crc32, graySourceImage, sourceImage } from './source-image.js';

const key = randomKey({ seed: 1, generation: 0, phase: 'train', purpose: 'augment' });
const MILD: RandAugmentSpec = { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' };
const gray = graySourceImage();

test('the same position gives the same bytes, another position others', () => {
  const spec = { ...MILD, ops: 3, magnitude: 9 };
  assert.deepEqual(results(spec, 200), results(spec, 200));
  assert.ok(new Set(results(spec, 200)).size > 190);
});

/** A change here changes every training: results then differ from those of before, and no checkpoint can be continued. */
const PINNED = [
  { spec: MILD, crc32: '913c5766' },
  { spec: { ...MILD, ops: 2, magnitude: 9, spread: 0.5, probability: 0.5, increasing: false }, crc32: 'f74c197d' },
] as const;

for (const { spec, crc32: expected } of PINNED) {
  test(`the results of ${JSON.stringify(spec)} stay what they are`, () => assert.equal(crc32(Buffer.from(results(spec, 100).join())), expected));
}

test('drawn operations are applied one after the other, in the order drawn', () => {
  const spec = { ...MILD, ops: 3, spread: 'none', magnitude: 5 } as const;
  for (let i = 0; i < 50; i++) {
    const draws = stream(key, 0, i); // Per operation: which, whether, sign, interpolation; no level is drawn.
    let expected = gray;
    for (let j = 0; j < 3; j++) {
      const op = OPS[draws.integer(15)]!;
      draws.uint32();
      const sign = draws.sign();
      const interpolation = draws.sign() === 1 ? 'bicubic' : 'bilinear';
      const pixels = new Uint8Array(784);
      op.apply(expected, pixels, op.increasing?.argument(5, sign) ?? 0, { interpolation, fill: [73] });
      expected = { ...gray, pixels };
    }
    assert.equal(results(spec, i + 1)[i], crc32(expected.pixels));
  }
});

test('the 15 operations are drawn equally often', () => {
  const { ops } = counted(MILD, 6_000);
  const chiSquare = Object.values(ops).reduce((sum, { applied }) => sum + (applied - 400) ** 2 / 400, 0);
  assert.ok(chiSquare < 36.1, `${chiSquare}`); // 99.9 % point of 14 degrees of freedom.
});

test('only the listed transforms are drawn, equally often', () => {
  const transforms = ['Rotate', 'ShearX', 'ShearY'] as const;
  const { ops } = counted({ ...MILD, transforms }, 3_000);
  for (const name of OP_NAMES) {
    const { applied } = ops[name];
    if ((transforms as readonly OpName[]).includes(name))
      assert.ok(Math.abs(applied - 1_000) < 100, `${name}: ${applied}`); // 3.9 sigmas
    else assert.equal(applied, 0, name);
  }
  assert.deepEqual(
    describeRandAugment({ ...MILD, transforms }).ops.map(({ name }) => name),
    transforms,
  );
});

for (const probability of [0, 0.25, 1]) {
  test(`with probability ${probability} and 2 operations, ${2 * probability} are applied per image`, () => {
    const tally = counted({ ...MILD, ops: 2, probability }, 2_000);
    const applied = Object.values(tally.ops).reduce((sum, op) => sum + op.applied, 0) / 2_000;
    assert.ok(Math.abs(applied - 2 * probability) < 0.06, `${applied}`);
    if (probability === 1) assert.equal(applied, 2);
  });
}

test('an operation that is not applied leaves the image, and the later draws, as they are', () => {
  assert.deepEqual(new Set(results({ ...MILD, probability: 0 }, 20)), new Set([crc32(gray.pixels)]));
  const [before, after] = [stream(key, 0, 0), stream(key, 0, 0)];
  for (const [probability, draws] of [
    [0, before],
    [1, after],
  ] as const) {
    randAugment(gray, new Uint8Array(784), { spec: { ...MILD, ops: 3, probability }, fill: [73], stream: draws, tally: emptyTally() });
  }
  assert.equal(before.uint32(), after.uint32());
});

/** Mean level by spread; a normal one is cut at 0 and 10. */
for (const { spread, magnitude, mean } of [
  { spread: 'none', magnitude: 4, mean: 4 },
  { spread: 'none', magnitude: 27, mean: 10 },
  { spread: 'uniform', magnitude: 4, mean: 2 },
  { spread: 0.5, magnitude: 9, mean: 9 },
  { spread: 100, magnitude: 5, mean: 5 },
] as const) {
  test(`magnitude ${magnitude} with spread ${spread} has a mean level of ${mean}`, () => {
    const tally = counted({ ...MILD, spread, magnitude }, 3_000);
    const levelled = OPS.filter(({ plain }) => plain !== null).map(({ name }) => tally.ops[name]);
    const measured = levelled.reduce((sum, op) => sum + op.levelThousandths, 0) / 1_000 / levelled.reduce((sum, op) => sum + op.applied, 0);
    assert.ok(Math.abs(measured - mean) < (spread === 'none' ? 1e-9 : spread === 100 ? 0.4 : 0.1), `${measured}`);
  });
}

test('the table of timm’s m9-inc1 names its arguments', () => {
  const { opsPerImage, levels, ops } = describeRandAugment({ ...MILD, ops: 2, magnitude: 9, spread: 'none', probability: 0.5 });
  assert.equal(opsPerImage, 1);
  assert.deepEqual(levels, [9, 9]);
  const ranges = Object.fromEntries(ops.map(({ name, range }) => [name, range && range.map((x) => Math.round(1_000 * x) / 1_000)]));
  assert.deepEqual(ranges, {
    AutoContrast: null,
    Equalize: null,
    Invert: null,
    Rotate: [-27, 27],
    Posterize: [1, 1],
    Solarize: [26, 26],
    SolarizeAdd: [99, 99],
    Color: [0.19, 1.81],
    Contrast: [0.19, 1.81],
    Brightness: [0.19, 1.81],
    Sharpness: [0.19, 1.81],
    ShearX: [-0.27, 0.27],
    ShearY: [-0.27, 0.27],
    TranslateXRel: [-0.405, 0.405],
    TranslateYRel: [-0.405, 0.405],
  });
});

for (const spec of [MILD, { ...MILD, increasing: false }, { ...MILD, magnitude: 9, spread: 'none' }] as const) {
  test(`no argument falls outside the table of ${JSON.stringify(spec)}`, () => {
    const { levels, ops } = describeRandAugment(spec);
    for (const [i, { range }] of ops.entries()) {
      const mapping = spec.increasing ? OPS[i]!.increasing : OPS[i]!.plain;
      assert.equal(range === null, mapping === null);
      for (let step = 0; step <= 40 && range; step++) {
        const argument = mapping!.argument(levels[0] + ((levels[1] - levels[0]) * step) / 40, step % 2 === 0 ? 1 : -1);
        assert.ok(argument >= range[0] && argument <= range[1], `${OPS[i]!.name} ${argument}`);
      }
    }
  });
}

test('three channels work as one does: every operation is reached without a byte left over', () => {
  const image = sourceImage();
  const seen = new Set<OpName>();
  for (let i = 0; i < 200; i++) {
    const tally = emptyTally();
    const [to, again] = [new Uint8Array(image.pixels.length).fill(1), new Uint8Array(image.pixels.length).fill(2)];
    for (const out of [to, again]) randAugment(image, out, { spec: { ...MILD, ops: 2 }, fill: [124, 116, 104], stream: stream(key, 1, i), tally });
    assert.deepEqual(to, again);
    for (const { name, perImage } of measuredNoise({ ...tally, images: 1 }).ops) if (perImage > 0) seen.add(name);
  }
  assert.equal(seen.size, OPS.length);
});

/** CRC-32 of the results at positions 0 … count − 1. */
function results(spec: RandAugmentSpec, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const to = new Uint8Array(784);
    randAugment(gray, to, { spec, fill: [73], stream: stream(key, 0, i), tally: emptyTally() });
    return crc32(to);
  });
}

function counted(spec: RandAugmentSpec, images: number) {
  const tally = emptyTally();
  const to = new Uint8Array(784);
  for (let i = 0; i < images; i++) randAugment(gray, to, { spec, fill: [73], stream: stream(key, 0, i), tally });
  return tally;
}
