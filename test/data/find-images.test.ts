import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findImages } from '../../lib/data/find-images.js';
import { writeBytes } from './pictures.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-images-'));
  for (const name of ['a/10.png', 'a/9.png', 'a/[x].png', 'a/deep/1.webp', 'a/notes.txt', 'a/old.gif']) await writeBytes(join(folder, name), 'any');
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  await mkdir(join(folder, 'linked'));
  await symlink('/dev/zero', join(folder, 'linked/zero.png'));
});
after(() => rm(folder, { recursive: true }));

for (const [inputs, wanted] of [
  [['a'], ['a/9.png', 'a/10.png', 'a/[x].png', 'a/deep/1.webp']],
  [['a/*.png'], ['a/9.png', 'a/10.png', 'a/[x].png']],
  [['a/\\[x\\].png'], ['a/[x].png']],
  [['a/[x].png'], ['a/[x].png']],
  [
    ['a/10.png', 'a'],
    ['a/10.png', 'a/9.png', 'a/[x].png', 'a/deep/1.webp'],
  ],
  [['a/notes.txt'], ['a/notes.txt']],
] as const) {
  test(`${inputs.join(' ')} names ${wanted.join(' ')}`, async () => {
    const { images } = await findImages(inputs, folder);
    assert.deepEqual(
      images.map(({ name }) => name),
      wanted,
    );
  });
}

test('an absolute pattern gives absolute names, as an absolute folder does', async () => {
  for (const input of [join(folder, 'a/deep'), join(folder, 'a/deep/*.webp')]) {
    const { images } = await findImages([input], join(folder, 'linked'));
    assert.deepEqual(images, [{ name: join(folder, 'a/deep/1.webp'), file: join(folder, 'a/deep/1.webp') }]);
  }
});

test('a link to a device that a pattern matches is skipped with the reason', async () => {
  const { images, refused } = await findImages(['linked/*.png'], folder);
  assert.deepEqual([images, refused], [[], [{ name: 'linked/zero.png', reason: 'it is no file, or a link to none' }]]);
});

for (const [input, message] of [
  ['a/*.gif', /neither a file, nor a folder, nor a pattern that any JPEG, PNG or WebP file matches/],
  ['pipe.png', /a pipe, a device or a socket/],
  ['/dev/zero', /a pipe, a device or a socket/],
] as const) {
  test(`${input} is refused`, () => assert.rejects(findImages([input], folder), { code: 'COMMAND_INVALID', message }));
}
