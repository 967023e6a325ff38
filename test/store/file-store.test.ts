import assert from 'node:assert/strict';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createFileStore } from '../../lib/store/file-store.js';
import { findGarbage, removeGarbage } from '../../lib/store/collect.js';
import type { Manifest } from '../../lib/store/store.js';
import { checkCollectableContract, checkKilledPublishers, checkStoreContract, isError, publish, type StorePlace } from './contract.js';
import { checkCollectors } from './collectors.js';
import { checkLeaseContract } from './lease-contract.js';
import { backdate, planted } from './places.js';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

checkStoreContract('file store', filePlace);
checkLeaseContract('file store', filePlace);
checkCollectableContract('file store', filePlace);
checkCollectors(
  'file store',
  async () => {
    const { root } = await filePlace();
    return async () => ({ root });
  },
  3,
);
checkKilledPublishers('file store', async () => ({ root: (await filePlace()).root }), [0, 2, 5, 9]);

async function filePlace(): Promise<StorePlace & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'noisy-student-store-'));
  folders.push(root);
  const stored = ({ phase, key }: Manifest, path: string) => join(root, 'artifacts', phase, key, path);
  return {
    root,
    open: () => createFileStore(root),
    async damage(manifest, path, { keepLength } = { keepLength: false }) {
      const file = stored(manifest, path);
      const content = await readFile(file);
      await writeFile(file, keepLength ? content.map((byte) => byte ^ 1) : Buffer.concat([content, Buffer.from('!')]));
    },
    remove: (manifest, path) => rm(stored(manifest, path)),
    age: async () => backdate(root),
    async plant(count) {
      for (let i = 0; i < count; i++) {
        const { manifest, content } = planted(i);
        mkdirSync(join(root, 'artifacts/label', manifest.key), { recursive: true });
        if (i < 10) writeFileSync(stored(manifest, 'x'), content);
        else linkSync(stored(planted(i % 10).manifest, 'x'), stored(manifest, 'x')); // quicker, and the same to whoever reads it
        writeFileSync(stored(manifest, 'manifest.json'), JSON.stringify(manifest));
      }
    },
    damagedCount: async () => (existsSync(join(root, 'damaged')) ? (await readdir(join(root, 'damaged'))).length : 0),
  };
}

test('file store: an artifact is not visible before all of it is there', async () => {
  const { root, open } = await filePlace();
  const folder = await open().workFolder('key', '1');
  await writeFile(join(folder, 'weights.bin'), 'weights');
  assert.ok(!existsSync(join(root, 'artifacts')));
  await open().publish('train', 'key', folder, { seconds: 1 });
  assert.ok(!existsSync(folder));
  assert.deepEqual(await readdir(join(root, 'artifacts', 'train')), ['key']);
});

test(
  'file store: a disk that is full while publishing is DISK_FULL, and publishes nothing',
  { skip: !existsSync('/dev/full') && 'this system has no /dev/full' },
  async () => {
    const { root, open } = await filePlace();
    const folder = await open().workFolder('key', '1');
    await writeFile(join(folder, 'weights.bin'), 'weights');
    await symlink('/dev/full', join(folder, 'manifest.json'));
    await assert.rejects(open().publish('train', 'key', folder, { seconds: 1 }), isError('DISK_FULL'));
    assert.ok(!existsSync(join(root, 'artifacts')));
  },
);

test('file store: a link is not published', async () => {
  const { open } = await filePlace();
  const folder = await open().workFolder('key', '1');
  await symlink('/etc/hostname', join(folder, 'weights.bin'));
  await assert.rejects(open().publish('train', 'key', folder, { seconds: 1 }), /plain file/);
});

test('file store: a process reads a file of unchanged size, time and inode once', async () => {
  const { root, open } = await filePlace();
  const store = open();
  const published = await publish(store, { 'weights.bin': 'weights' });
  const file = join(root, 'artifacts', 'train', published.key, 'weights.bin');
  await utimes(file, 1, 1);
  assert.ok(await store.find('train', published.key));
  await writeFile(file, 'Weights');
  await utimes(file, 1, 1);
  assert.ok(await store.find('train', published.key), 'it was read again');
  assert.equal(await open().find('train', published.key), undefined);
});

test('file store: what a gc had taken when it was killed is absent, stands in nobody’s way, and is cleared away by the next', async () => {
  for (const [mark, whoIsNext] of [
    ['.removed', 'gc'],
    ['.clearing', 'gc'],
    ['.removed', 'publisher'],
    ['.clearing', 'publisher'],
  ] as const) {
    const { root, open, age } = await filePlace();
    const published = await publish(open(), { 'weights.bin': 'weights' });
    await writeFile(join(root, 'artifacts/train', published.key, mark), '');
    assert.equal(await open().find('train', published.key), undefined);
    await assert.rejects(open().open(published), isError('ARTIFACT_MISSING'));
    await age();
    if (whoIsNext === 'gc') for await (const garbage of findGarbage(open(), { olderThanMs: 3_600_000 })) assert.ok(await removeGarbage(open(), garbage));
    else assert.deepEqual(await publish(open(), { 'weights.bin': 'anew' }), await open().find('train', published.key));
    assert.equal(existsSync(join(root, 'artifacts/train', published.key)), whoIsNext === 'publisher');
    for await (const { name } of open().leftovers()) assert.fail(`${name} was left`);
  }
});
