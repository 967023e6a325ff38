import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodeFile } from '../../lib/data/decode.js';
import { PipelineError } from '../../lib/errors.js';
import { jpeg, noise, temporaryFolder, writeBytes, writePicture } from './pictures.js';

const folder = await temporaryFolder();
const RGB = { size: 8, channels: 3 } as const;
const GREY = { size: 8, channels: 1 } as const;

/** EXIF orientation → where the upright pixel (x, y) of a square image of side s is stored (EXIF 2.32, tag 0x0112). */
const STORED: Readonly<Record<number, (x: number, y: number, s: number) => [x: number, y: number]>> = {
  1: (x, y) => [x, y],
  2: (x, y, s) => [s - 1 - x, y],
  3: (x, y, s) => [s - 1 - x, s - 1 - y],
  4: (x, y, s) => [x, s - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, s) => [y, s - 1 - x],
  7: (x, y, s) => [s - 1 - y, s - 1 - x],
  8: (x, y, s) => [s - 1 - y, x],
};

for (const [orientation, place] of Object.entries(STORED)) {
  for (const extension of ['png', 'webp']) {
    test(`EXIF orientation ${orientation} of a ${extension} file gives the upright pixels`, async () => {
      const upright = noise(1, { width: 8, height: 8 });
      const stored = new Uint8Array(upright.length);
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          const [sx, sy] = place(x, y, 8);
          stored.set(upright.subarray(3 * (8 * y + x), 3 * (8 * y + x) + 3), 3 * (8 * sy + sx));
        }
      }
      const file = join(folder, `exif-${orientation}.${extension}`);
      await writePicture(file, stored, { orientation: Number(orientation) });
      assert.deepEqual(new Uint8Array(await decodeFile(file, RGB)), upright);
    });
  }
}

test('a large JPEG gives nearly the same pixels upright and turned by EXIF', async () => {
  const [width, height] = [640, 480];
  const upright = Uint8Array.from({ length: width * height * 3 }, (_, i) => 128 + 100 * Math.sin((i % (3 * width)) / 97) * Math.cos(i / (3 * width) / 31));
  const image = () => sharp(upright, { raw: { width, height, channels: 3 } });
  await writeBytes(join(folder, 'upright.jpg'), await image().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer());
  const turned = await image().rotate(-90).raw().toBuffer();
  await writeBytes(
    join(folder, 'turned.jpg'),
    await sharp(turned, { raw: { width: height, height: width, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer(),
  );
  const [a, b] = await Promise.all(['upright.jpg', 'turned.jpg'].map((name) => decodeFile(join(folder, name), { size: 32, channels: 3 })));
  const differences = a!.map((value, i) => Math.abs(value - b![i]!));
  assert.ok(Math.max(...differences) <= 2, `${Math.max(...differences)}`);
});

test('a large JPEG is shrunk to the pixels that a PNG of it is shrunk to', async () => {
  const large = await jpeg(11, { width: 640, height: 480 });
  await writeBytes(join(folder, 'large.jpg'), large);
  await writeBytes(join(folder, 'large.png'), await sharp(large).png().toBuffer());
  const [a, b] = await Promise.all(['large.jpg', 'large.png'].map((name) => decodeFile(join(folder, name), { size: 32, channels: 3 })));
  assert.deepEqual(a, b);
});

test('an image of the right size keeps every byte', async () => {
  const pixels = noise(2);
  await writePicture(join(folder, 'same.png'), pixels);
  assert.deepEqual(new Uint8Array(await decodeFile(join(folder, 'same.png'), RGB)), pixels);
});

test('the longer side is cut at its centre', async () => {
  const pixels = noise(3, { width: 8, height: 14 });
  await writePicture(join(folder, 'tall.png'), pixels, { width: 8, height: 14 });
  assert.deepEqual(new Uint8Array(await decodeFile(join(folder, 'tall.png'), RGB)), pixels.slice(3 * 8 * 3, 11 * 8 * 3));
});

test('shrinking averages what is finer than a pixel: a chessboard of single pixels becomes grey', async () => {
  const board = Uint8Array.from({ length: 80 * 80 }, (_, i) => ((i + Math.floor(i / 80)) % 2 ? 255 : 0));
  await writePicture(join(folder, 'board.png'), board, { width: 80, height: 80 });
  for (const value of await decodeFile(join(folder, 'board.png'), GREY)) assert.ok(Math.abs(value - 127.5) <= 1.5, `${value}`);
});

test('enlarging by bicubic keeps a plain slope', async () => {
  const slope = Uint8Array.from({ length: 16 }, (_, i) => 40 * (i % 4));
  await writePicture(join(folder, 'slope.png'), slope, { width: 4, height: 4 });
  const large = await decodeFile(join(folder, 'slope.png'), GREY);
  for (const x of [3, 4]) assert.ok(Math.abs(large[x]! - 40 * ((x + 0.5) / 2 - 0.5)) <= 1, `${large[x]} at ${x}`);
});

test('a long, thin image is enlarged without making all of it', async () => {
  await writePicture(join(folder, 'thin.png'), noise(10, { width: 20_000, height: 1, channels: 1 }), { width: 20_000, height: 1 });
  assert.equal((await decodeFile(join(folder, 'thin.png'), { size: 224, channels: 1 })).length, 224 * 224);
});

test('one channel of a colour image is its luma, and a grey image keeps its values', async () => {
  const pixels = noise(4);
  await writePicture(join(folder, 'colour.png'), pixels);
  const luma = Array.from({ length: 64 }, (_, i) => Math.round(0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!));
  for (const [i, value] of (await decodeFile(join(folder, 'colour.png'), GREY)).entries()) assert.ok(Math.abs(value - luma[i]!) <= 1);

  const grey = noise(5, { channels: 1 });
  await writePicture(join(folder, 'grey.png'), grey);
  assert.deepEqual(new Uint8Array(await decodeFile(join(folder, 'grey.png'), GREY)), grey);
  assert.deepEqual(
    new Uint8Array(await decodeFile(join(folder, 'grey.png'), RGB)),
    grey.reduce<Uint8Array>((all, value, i) => (all.fill(value, 3 * i, 3 * i + 3), all), new Uint8Array(192)),
  );
});

test('what is transparent becomes black', async () => {
  const pixels = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i % 4 === 3 ? (i < 128 ? 0 : 255) : 200));
  await writePicture(join(folder, 'alpha.png'), pixels);
  const decoded = await decodeFile(join(folder, 'alpha.png'), RGB);
  assert.deepEqual([decoded[0], decoded[191]], [0, 200]);
});

test('16 bits are cut to 8', async () => {
  const wide = Uint16Array.from({ length: 192 }, (_, i) => i * 300);
  await writeBytes(
    join(folder, 'wide.png'),
    await sharp(wide, { raw: { width: 8, height: 8, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer(),
  );
  assert.deepEqual(
    new Uint8Array(await decodeFile(join(folder, 'wide.png'), RGB)),
    Uint8Array.from(wide, (value) => value >> 8),
  );
});

test('a CMYK JPEG is accepted', async () => {
  await writeBytes(
    join(folder, 'cmyk.jpg'),
    await sharp(noise(6), { raw: { width: 8, height: 8, channels: 3 } })
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer(),
  );
  assert.equal((await decodeFile(join(folder, 'cmyk.jpg'), RGB)).length, 192);
});

test('the content decides, not the extension', async () => {
  await writeBytes(join(folder, 'really-jpeg.png'), await jpeg(7));
  assert.equal((await decodeFile(join(folder, 'really-jpeg.png'), RGB)).length, 192);
});

const whole = await jpeg(8, { width: 64, height: 64 });
const png = await sharp(noise(9, { width: 64, height: 64 }), { raw: { width: 64, height: 64, channels: 3 } })
  .png()
  .toBuffer();
const webp = await sharp(png).webp().toBuffer();
const flipped = Buffer.from(png);
flipped[200]! ^= 255;

for (const [name, bytes, reason] of [
  ['zero.jpg', '', /^the file is empty \(0 bytes\)$/],
  ['text.png', 'hello, this is no image', /^the file is text that begins with "hello, this is no image", but must be a JPEG, PNG or WebP image$/],
  ['drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"></svg>', /^the file is text/],
  ['moving.png', await sharp(png).gif().toBuffer(), /^the file is a GIF image, but must be/],
  ['random.png', Buffer.from([1, 2, 3, 4, 0, 0, 9, 9, 9]), /^the file begins with the bytes 0102030400000909, but must be/],
  ['half.jpg', whole.subarray(0, whole.length / 2), /^the JPEG file is cut short$/],
  ['last-two-bytes.jpg', whole.subarray(0, -2), /^the JPEG file is cut short/],
  ['header-only.jpg', whole.subarray(0, 30), /^the JPEG file is cut short/],
  ['half.png', png.subarray(0, png.length / 2), /^the PNG file is cut short/],
  ['flipped.png', flipped, /^the PNG file is damaged/],
  ['half.webp', webp.subarray(0, webp.length / 2), /^the WebP file is cut short/],
] as const) {
  test(`${name} is refused with a reason a person understands`, async () => {
    await writeBytes(join(folder, name), bytes);
    const error = await decodeFile(join(folder, name), RGB).then(
      () => assert.fail('was decoded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof PipelineError);
    assert.equal(error.code, 'DATA_INVALID');
    assert.match(String(error.evidence?.['reason']), reason);
    assert.ok(error.message.includes(join(folder, name)));
  });
}

test('an image with too many pixels is refused before it is unpacked', async () => {
  await writeBytes(join(folder, 'bomb.png'), png);
  await assert.rejects(decodeFile(join(folder, 'bomb.png'), RGB, { mostPixels: 4095 }), /the image has more than 4095 pixels/);
});

test('a file that is gone is a fault of the file', async () => {
  await assert.rejects(decodeFile(join(folder, 'gone.png'), RGB), /DATA_INVALID .*it does not exist/);
});
