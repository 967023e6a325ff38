import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fillColour, type Image, type Sampling } from '../../lib/noise/image.js';
import { OPS, type Op, type OpName } from '../../lib/noise/ops.js';
import { asRgb, crc32, firstChannel, graySourceImage, sourceImage, tiled } from './source-image.js';

interface Row {
  readonly op: OpName;
  readonly argument?: number;
  readonly interpolation?: Sampling['interpolation'];
  readonly crc32: string;
}

const golden = JSON.parse(readFileSync(new URL('../golden/rand-augment.json', import.meta.url), 'utf8')) as {
  readonly values: Readonly<Record<'sourceCrc32' | 'graySourceCrc32' | 'tiledCrc32', string> & Record<Picture, readonly Row[]>>;
};
type Picture = keyof typeof IMAGES;
const IMAGES = { RGB: sourceImage(), L: graySourceImage(), tiledRGB: tiled(sourceImage()), tiledL: firstChannel(tiled(sourceImage())) };
const FILL = { RGB: [124, 116, 104], L: [73], tiledRGB: [124, 116, 104], tiledL: [73] };
const PICTURES = Object.keys(IMAGES) as Picture[];

test('the source images are those of the golden file', () => {
  assert.equal(crc32(IMAGES.RGB.pixels), golden.values.sourceCrc32);
  assert.equal(crc32(IMAGES.L.pixels), golden.values.graySourceCrc32);
  assert.equal(crc32(IMAGES.tiledRGB.pixels), golden.values.tiledCrc32);
  assert.equal(
    IMAGES.RGB.pixels.reduce((sum, v) => sum + v, 0),
    1_087_345,
  );
});

for (const mode of PICTURES) {
  for (const { op, argument = 0, interpolation = 'bilinear', crc32: expected } of golden.values[mode]) {
    test(`${mode} ${op} ${argument} ${interpolation} has Pillow's bytes`, () => {
      assert.equal(crc32(applied(opNamed(op), IMAGES[mode], argument, { interpolation, fill: FILL[mode] })), expected);
    });
  }
}

test('the golden file covers every operation in all pictures', () => {
  for (const mode of PICTURES) {
    assert.deepEqual([...new Set(golden.values[mode].map((row) => row.op))].sort(), OPS.map(({ name }) => name).sort());
  }
});

/** What timm's m9 gives, plain and increasing; the sign is +. */
const AT_NINE: Record<OpName, readonly [number | null, number | null]> = {
  AutoContrast: [null, null],
  Equalize: [null, null],
  Invert: [null, null],
  Rotate: [27, 27],
  Posterize: [3, 1],
  Solarize: [230, 26],
  SolarizeAdd: [99, 99],
  Color: [1.72, 1.81],
  Contrast: [1.72, 1.81],
  Brightness: [1.72, 1.81],
  Sharpness: [1.72, 1.81],
  ShearX: [0.27, 0.27],
  ShearY: [0.27, 0.27],
  TranslateXRel: [0.405, 0.405],
  TranslateYRel: [0.405, 0.405],
};

for (const op of OPS) {
  test(`${op.name} at level 9 has timm's arguments`, () => {
    for (const [i, mapping] of [op.plain, op.increasing].entries()) {
      const expected = AT_NINE[op.name][i]!;
      const argument = mapping?.argument(9, 1) ?? null;
      if (expected === null) assert.equal(argument, null);
      else assert.ok(Math.abs(argument! - expected) < 1e-12, `${argument}`);
    }
  });
}

test('enhancing downwards stops at a factor of 0.1', () => {
  // 1 − 0.9 is 0.09999999999999998.
  assert.deepEqual(
    [0, 5, 10].map((level) => opNamed('Color').increasing!.argument(level, -1)),
    [1, 0.55, 0.1],
  );
});

/** The increasing set at level 0, either sign: nothing happens. Posterize keeps 4 bits even there, and three operations have no level. */
const NEVER_IDENTITY = ['AutoContrast', 'Equalize', 'Invert', 'Posterize'];

for (const op of OPS) {
  const isIdentity = !NEVER_IDENTITY.includes(op.name);
  test(`${op.name} at level 0 of the increasing set ${isIdentity ? 'is the identity' : 'still changes the image'}`, () => {
    for (const image of [IMAGES.RGB, IMAGES.L]) {
      for (const interpolation of ['bilinear', 'bicubic'] as const) {
        for (const sign of [-1, 1] as const) {
          const to = applied(op, image, op.increasing?.argument(0, sign) ?? 0, { interpolation, fill: [1, 2, 3] });
          assert.equal(Buffer.compare(to, image.pixels) === 0, isIdentity);
        }
      }
    }
  });
}

/** On gray pixels the luminance is the value itself, so every operation treats a gray RGB image as its one channel. */
for (const op of OPS) {
  test(`${op.name} of a gray RGB image is its one-channel result in each channel`, () => {
    fc.assert(
      fc.property(grayImages(), fc.integer({ min: 0, max: 10 }), fc.boolean(), fc.boolean(), (gray, level, negative, bicubic) => {
        const interpolation = bicubic ? 'bicubic' : 'bilinear';
        const argument = op.increasing?.argument(level, negative ? -1 : 1) ?? 0;
        const one = applied(op, gray, argument, { interpolation, fill: [73] });
        const three = applied(op, asRgb(gray), argument, { interpolation, fill: [73, 73, 73] });
        assert.deepEqual(three, asRgb({ ...gray, pixels: one }).pixels);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
}

test('the bytes do not depend on where in memory an image begins', () => {
  const { pixels, ...shape } = IMAGES.tiledRGB;
  const shifted = new Uint8Array(pixels.length + 1).subarray(1);
  shifted.set(pixels);
  for (const op of OPS) {
    const argument = op.increasing?.argument(7, 1) ?? 0;
    const sampling = { interpolation: 'bilinear', fill: FILL.RGB } as const;
    assert.deepEqual(applied(op, { ...shape, pixels: shifted }, argument, sampling), applied(op, IMAGES.tiledRGB, argument, sampling));
  }
});

test('no operation changes its input', () => {
  const before = Uint8Array.from(IMAGES.RGB.pixels);
  for (const op of OPS) applied(op, IMAGES.RGB, op.plain?.argument(7, -1) ?? 0, { interpolation: 'bicubic', fill: FILL.RGB });
  assert.deepEqual(IMAGES.RGB.pixels, before);
});

test("the fill colour is timm's: 255 times the mean, halves to even", () => {
  assert.deepEqual(fillColour([0.485, 0.456, 0.406]), [124, 116, 104]);
  assert.deepEqual(fillColour([0, 0.1, 0.3, 0.5, 1]), [0, 26, 76, 128, 255]);
});

function opNamed(name: OpName): Op {
  return OPS.find((op) => op.name === name)!;
}

function applied(op: Op, image: Image, argument: number, sampling: Sampling): Uint8Array {
  const to = new Uint8Array(image.pixels.length).fill(99);
  op.apply(image, to, argument, sampling);
  return to;
}

/** Small images with few and many values; one pixel wide ones among them. */
function grayImages(): fc.Arbitrary<Image> {
  return fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(0, 1, 15, 255))
    .chain(([width, height, highest]) =>
      fc.uint8Array({ minLength: width * height, maxLength: width * height, max: highest }).map((pixels) => ({ pixels, width, height, channels: 1 as const })),
    );
}
