import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderSource } from '../../lib/data/folder.js';
import type { Listing } from '../../lib/data/source.js';
import { jpeg, noise, temporaryFolder, writeBytes, writeClasses, writePicture } from './pictures.js';

const source = (location: string, isLabelled = true) => new FolderSource({ name: 'photos', location, isLabelled });
const ids = ({ records }: Listing) => records.map(({ id }) => id.replace('photos/', ''));
const refusals = ({ refused }: Listing) => Object.fromEntries(refused.map(({ id, reason }) => [id.replace('photos/', ''), reason]));

test('the folders at the first level are the classes, at any depth below them', async () => {
  const folder = await temporaryFolder();
  for (const path of ['dog10/a.png', 'dog2/b.png', 'cat/x/y/c.png', 'cat/d2.webp', 'cat/d10.png', 'cat/D1.PNG'])
    await writePicture(join(folder, path), noise(1));
  await mkdir(join(folder, 'empty'));
  const listing = await source(folder).list();
  assert.deepEqual(listing.classes, ['cat', 'dog2', 'dog10', 'empty']);
  assert.deepEqual(
    listing.records.map(({ id, label }) => [id, label]),
    [
      ['photos/cat/D1.PNG', 'cat'],
      ['photos/cat/d2.webp', 'cat'],
      ['photos/cat/d10.png', 'cat'],
      ['photos/cat/x/y/c.png', 'cat'],
      ['photos/dog2/b.png', 'dog2'],
      ['photos/dog10/a.png', 'dog10'],
    ],
  );
});

test('a pool has images at any depth and no labels', async () => {
  const folder = await temporaryFolder();
  for (const path of ['a.png', 'x/b.png', 'x/y/z/c.png']) await writePicture(join(folder, path), noise(1));
  const listing = await source(folder, false).list();
  assert.deepEqual([ids(listing), listing.classes, listing.records[1]!.label], [['a.png', 'x/b.png', 'x/y/z/c.png'], null, null]);
});

test('what does not claim to be an image is counted, not refused', async () => {
  const folder = await temporaryFolder();
  await writeClasses(folder, ['a', 'b'], 1);
  for (const file of ['a/Thumbs.db', 'a/notes.txt', 'b/more.TXT', 'README', '.DS_Store', '.git/x.png', 'a/._0.png']) await writeBytes(join(folder, file), 'x');
  const listing = await source(folder).list();
  assert.deepEqual(ids(listing), ['a/0.png', 'b/0.png']);
  assert.deepEqual(listing.refused, []);
  assert.deepEqual(listing.ignored, { '.db': 1, '.txt': 2, dotfile: 3, 'no extension': 1 });
});

test('an image beside the class folders is refused, because it has no class', async () => {
  const folder = await temporaryFolder();
  await writeClasses(folder, ['a', 'b'], 1);
  await writePicture(join(folder, 'lost.png'), noise(1));
  assert.deepEqual(refusals(await source(folder).list()), { 'lost.png': 'it lies beside the class folders, so it has no class' });
});

test('links that lead in a circle are refused with the reason, and every image is listed once', async () => {
  const folder = await temporaryFolder();
  await writePicture(join(folder, 'a/deep/1.png'), noise(1));
  await writePicture(join(folder, 'b/2.png'), noise(2));
  await symlink('../..', join(folder, 'a/deep/up'));
  await symlink('.', join(folder, 'a/self'));
  await symlink('../b', join(folder, 'a/across'));
  await symlink('../a', join(folder, 'b/back'));
  await symlink('knot', join(folder, 'knot'));
  await symlink('nowhere', join(folder, 'broken'));
  await symlink('/', join(folder, 'root'));
  const listing = await source(folder, false).list();
  assert.deepEqual(ids(listing), ['a/deep/1.png', 'b/2.png']);
  assert.deepEqual(refusals(listing), {
    'a/across': 'the link leads to "b", which is read already',
    'a/deep/up': 'directory loop: the link leads back to the folder itself that holds it',
    'a/self': 'directory loop: the link leads back to "a" that holds it',
    'b/back': 'the link leads to "a", which is read already',
    broken: 'the link leads to nothing',
    knot: 'directory loop: the link leads to itself',
    root: 'directory loop: the link leads back to a folder that holds it',
  });
  assert.deepEqual(
    listing.refused.filter(({ isLost }) => isLost).map(({ id }) => id),
    ['photos/broken'],
  );
});

test('links to files and to folders elsewhere are followed, each folder once', async () => {
  const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
  await writePicture(join(elsewhere, 'inner/1.png'), noise(1));
  await writePicture(join(elsewhere, '2.png'), noise(2));
  await mkdir(join(folder, 'a'));
  await symlink(elsewhere, join(folder, 'a/first'));
  await symlink(join(elsewhere, 'inner'), join(folder, 'a/second'));
  await symlink(join(elsewhere, '2.png'), join(folder, 'a/linked.png'));
  const listing = await source(folder).list();
  assert.deepEqual(ids(listing), ['a/first/2.png', 'a/first/inner/1.png', 'a/linked.png']);
  assert.deepEqual(refusals(listing), { 'a/second': 'the link leads to "a/first/inner", which is read already' });
  assert.equal(listing.records[0]!.origin, listing.records[2]!.origin);
});

test('a folder that a link led to before is not read again as part of a larger one', async () => {
  const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
  await writePicture(join(elsewhere, 'inner/1.png'), noise(1));
  await writePicture(join(elsewhere, '2.png'), noise(2));
  await symlink(join(elsewhere, 'inner'), join(folder, 'first'));
  await symlink(elsewhere, join(folder, 'second'));
  const listing = await source(folder, false).list();
  assert.deepEqual(ids(listing), ['first/1.png', 'second/2.png']);
  assert.deepEqual(refusals(listing), { 'second/inner': 'the folder is read already, as "first"' });
});

test('a class folder may be a link', async () => {
  const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
  await writeClasses(folder, ['a'], 1);
  await writePicture(join(elsewhere, '1.png'), noise(1));
  await symlink(elsewhere, join(folder, 'b'));
  assert.deepEqual((await source(folder).list()).classes, ['a', 'b']);
});

test('a pipe named like an image is refused and not waited for', { skip: process.platform === 'win32' }, async () => {
  const folder = await temporaryFolder();
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  assert.deepEqual(refusals(await source(folder, false).list()), { 'pipe.png': 'it is a pipe, socket or device, not a file' });
});

test('without permission a file and a folder are refused, and the fingerprint says so', { skip: process.platform === 'win32' }, async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  for (const path of ['open.png', 'shut.png', 'shut/inside.png']) await writePicture(join(folder, path), noise(1));
  const before = await source(folder, false).fingerprint();
  await chmod(join(folder, 'shut.png'), 0);
  await chmod(join(folder, 'shut'), 0);
  await withoutRoot(async () => {
    const pool = source(folder, false);
    const listing = await pool.list();
    assert.deepEqual(ids(listing), ['open.png', 'shut.png']);
    assert.deepEqual(refusals(listing), { shut: 'there is no permission to read it' });
    await assert.rejects(pool.decode(listing.records[1]!, { size: 8, channels: 3 }), /DATA_INVALID .*shut\.png: there is no permission to read it/);
    assert.notEqual(await pool.fingerprint(), before);
  });
});

/** Root may read everything, so a test of permissions has to be somebody else for a while. */
async function withoutRoot(work: () => Promise<void>): Promise<void> {
  if (process.geteuid!() !== 0) return work();
  process.seteuid!(65_534);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}

test('the fingerprint follows content and names, not place, time or threads', async () => {
  const [folder, other] = [await temporaryFolder(), await temporaryFolder()];
  for (const place of [folder, other]) await writeClasses(place, ['a', 'b'], 3);
  await writeBytes(join(other, 'a/notes.txt'), 'ignored');
  const first = await source(folder).fingerprint({ threads: 1 });
  assert.equal(await source(other).fingerprint({ threads: 8 }), first);

  await writePicture(join(other, 'a/0.png'), noise(99));
  const changed = await source(other).fingerprint();
  await rename(join(folder, 'a/0.png'), join(folder, 'a/7.png'));
  const renamed = await source(folder).fingerprint();
  assert.equal(new Set([first, changed, renamed]).size, 3);
});

test('a missing folder, a file, and a labelled folder without classes are named', async () => {
  const folder = await temporaryFolder();
  await writeBytes(join(folder, 'file'), 'x');
  await writeBytes(join(folder, 'flat/1.jpg'), await jpeg(1));
  await assert.rejects(source(join(folder, 'none')).list(), /DATA_MISSING .*none is not there/);
  await assert.rejects(source(join(folder, 'file')).list(), /DATA_MISSING .*file is a file/);
  await assert.rejects(source(join(folder, 'flat')).list(), /DATA_INVALID .*flat has no folder in it, but a labelled set needs one folder of images per class/);
});
