import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { openImage } from '../../lib/data/open-image.js';
import { PipelineError } from '../../lib/errors.js';
import { crc32 } from '../noise/source-image.js';
import { jpeg, noise, temporaryFolder, writeBytes, writePicture } from './pictures.js';

const folder = await temporaryFolder();

interface Row {
  readonly name: string;
  readonly mode: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
  readonly l: string;
  readonly file: string;
}

const golden = JSON.parse(await readFile(join(import.meta.dirname, '../golden/open-image.json'), 'utf8')) as { values: Row[] };

for (const { name, mode, width, height, rgb, l, file } of golden.values) {
  test(`${name} (${mode}) has Pillow's pixels, as RGB and as grey`, async () => {
    const bytes = Buffer.from(file, 'base64');
    for (const [channels, expected] of [
      [3, rgb],
      [1, l],
    ] as const) {
      const image = await openImage(bytes, { channels, upright: false });
      assert.deepEqual([image.width, image.height, image.channels, image.pixels.length], [width, height, channels, width * height * channels]);
      assert.equal(crc32(image.pixels), expected);
    }
  });
}

test('an image turned by EXIF is made upright unless it is to stay as it is stored', async () => {
  const stored = noise(1, { width: 4, height: 2 });
  const file = join(folder, 'turned.png');
  await writePicture(file, stored, { width: 4, height: 2, orientation: 6 }); // its left column is the top row, from right to left
  const asStored = await openImage(file, { upright: false });
  assert.deepEqual([asStored.width, asStored.height, new Uint8Array(asStored.pixels)], [4, 2, stored]);
  const upright = await openImage(file);
  const at = (x: number, y: number) => [...stored.subarray(3 * (4 * y + x), 3 * (4 * y + x) + 3)];
  assert.deepEqual([upright.width, upright.height], [2, 4]);
  assert.deepEqual(
    [...upright.pixels],
    [0, 1, 2, 3].flatMap((x) => [...at(x, 1), ...at(x, 0)]),
  );
});

test('a CMYK image turned by EXIF is made upright as well', async () => {
  const { file } = golden.values.find(({ mode }) => mode === 'CMYK')!;
  const bytes = Buffer.from(file, 'base64');
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010006000000000000', 'hex'); // orientation 6
  const turned = Buffer.concat([bytes.subarray(0, 2), exif, bytes.subarray(2)]);
  assert.equal((await sharp(turned).metadata()).space, 'cmyk');
  const [upright, stored] = [await openImage(turned), await openImage(turned, { upright: false })];
  assert.deepEqual([upright.width, upright.height, stored.width, stored.height], [13, 19, 19, 13]);
  assert.deepEqual(upright.pixels.subarray(0, 3), stored.pixels.subarray(3 * 19 * 12, 3 * 19 * 12 + 3));
});

test('16-bit grey is cut to 8 bits', async () => {
  const wide = Uint16Array.from({ length: 64 }, (_, i) => i * 1000);
  const bytes = await sharp(wide, { raw: { width: 8, height: 8, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  const image = await openImage(bytes, { channels: 1 });
  assert.deepEqual(
    image.pixels,
    Uint8Array.from(wide, (value) => value >> 8),
  );
});

test('bytes that lie inside a larger memory are read where they lie', async () => {
  const bytes = await jpeg(2);
  const padded = new Uint8Array(bytes.length + 20);
  padded.set(bytes, 10);
  assert.deepEqual((await openImage(padded.subarray(10, 10 + bytes.length))).pixels, (await openImage(bytes)).pixels);
});

test('an image with too many pixels is refused before it is unpacked', async () => {
  await assert.rejects(
    openImage(await jpeg(3, { width: 64, height: 64 }), { mostPixels: 4095 }),
    /DATA_INVALID the given bytes: the image has more than 4095 pixels/,
  );
});

const whole = await jpeg(4, { width: 64, height: 64 });

for (const [name, bytes, reason] of [
  ['half.jpg', whole.subarray(0, whole.length / 2), 'the JPEG file is cut short'],
  ['empty.png', '', 'the file is empty (0 bytes)'],
  ['note.webp', 'a note', 'the file is text that begins with "a note", but must be a JPEG, PNG or WebP image'],
] as const) {
  test(`${name} is refused with the reason, as a file and as bytes`, async () => {
    const file = join(folder, name);
    await writeBytes(file, bytes);
    for (const [source, called] of [
      [file, file],
      [Buffer.from(bytes), 'the given bytes'],
    ] as const) {
      await assert.rejects(openImage(source), (error) => {
        assert.ok(error instanceof PipelineError);
        assert.equal(error.code, 'DATA_INVALID');
        assert.deepEqual(error.evidence, { file: called, reason });
        return true;
      });
    }
  });
}

test('a folder and a file that is gone are refused', async () => {
  await assert.rejects(openImage(folder), /DATA_INVALID .*it is a folder, not a file/);
  await assert.rejects(openImage(join(folder, 'gone.jpg')), /DATA_INVALID .*it does not exist/);
});
