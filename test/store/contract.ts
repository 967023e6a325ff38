import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { PipelineError } from '../../lib/errors.js';
import { sha256Of } from '../../lib/store/manifest.js';
import type { ArtifactStore, Manifest } from '../../lib/store/store.js';
import { openAddress, type StoreAddress } from './publisher.js';

/** What a store's tests provide: stores over one fresh place, as several processes would open them, and a way to spoil it. */
export interface StorePlace {
  /** A store that remembers nothing of what another one verified. */
  open(): ArtifactStore;
  /** Changes one stored file of an artifact, its length unless `keepLength`. `manifest.json` is a file, too. */
  damage(manifest: Manifest, path: string, options?: { keepLength: boolean }): Promise<void>;
  /** Deletes one stored file of an artifact. */
  remove(manifest: Manifest, path: string): Promise<void>;
  /** How many artifacts were moved aside. */
  damagedCount(): Promise<number>;
}

const KEY = 'a'.repeat(64);
const FILES = { 'weights.bin': 'weights', 'deep/er/labels.txt': 'labels' };
const META = { seconds: 1.5, host: 'here' };

/** Every store passes these. `place` makes a fresh one for each test. */
export function checkStoreContract(name: string, place: () => Promise<StorePlace>): void {
  const check = (claim: string, run: (place: StorePlace) => Promise<void>) => void test(`${name}: ${claim}`, async () => run(await place()));

  check('an artifact that nobody published is absent', async (at) => {
    assert.equal(await at.open().find('train', KEY), undefined);
  });

  check('what is published can be found and opened by another process, byte for byte', async (at) => {
    const published = await publish(at.open(), FILES);
    const other = at.open();
    assert.deepEqual(await other.find('train', KEY), published);
    const folder = await other.open(published);
    for (const [path, content] of Object.entries(FILES)) assert.equal(await readFile(join(folder, path), 'utf8'), content);
  });

  check('the manifest lists every file with its size and SHA-256, sorted, and carries the meta as given', async (at) => {
    const { files, meta } = await publish(at.open(), FILES);
    assert.deepEqual(files, [
      { path: 'deep/er/labels.txt', bytes: 6, sha256: 'd772ebb4590212c65cc31888ee55c3a893d866d8479f84a4c0ca36918a3fa75f' },
      { path: 'weights.bin', bytes: 7, sha256: '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c' },
    ]);
    assert.deepEqual(meta, META);
  });

  check('the digest depends on names and contents, and on nothing else', async (at) => {
    const store = at.open();
    const digest = async (key: string, files: Record<string, string>, meta = META) => (await publish(store, files, key, meta)).digest;
    const first = await digest('1', FILES);
    assert.equal(await digest('2', FILES, { seconds: 9, host: 'elsewhere' }), first);
    assert.notEqual(await digest('3', { ...FILES, 'weights.bin': 'weightz' }), first);
    assert.notEqual(await digest('4', { 'weights.bin2': 'weights', 'deep/er/labels.txt': 'labels' }), first);
  });

  check('one key holds one artifact for each phase', async (at) => {
    const store = at.open();
    await publish(store, FILES);
    assert.equal(await store.find('evaluate', KEY), undefined);
  });

  check('of publishers that race one wins, and all get its manifest', async (at) => {
    const publishers = Array.from({ length: 8 }, async (_, i) => publish(at.open(), { ...FILES, 'who.txt': `publisher ${i}` }, KEY, META, `attempt-${i}`));
    const manifests = await Promise.all(publishers);
    const winner = await at.open().find('train', KEY);
    assert.ok(winner);
    for (const manifest of manifests) assert.deepEqual(manifest, winner);
    const folder = await at.open().open(winner);
    assert.match(await readFile(join(folder, 'who.txt'), 'utf8'), /^publisher \d$/);
  });

  check('publishing over a published key changes nothing', async (at) => {
    const store = at.open();
    const first = await publish(store, FILES);
    assert.deepEqual(await publish(store, { 'other.txt': 'late' }, KEY, { seconds: 9, host: 'late' }, 'attempt-2'), first);
  });

  for (const [what, spoil] of [
    ['a file that grew', (at, it) => at.damage(it, 'weights.bin')],
    ['a file of the right length with another content', (at, it) => at.damage(it, 'weights.bin', { keepLength: true })],
    ['a missing file', (at, it) => at.remove(it, 'deep/er/labels.txt')],
    ['a torn manifest', (at, it) => at.damage(it, 'manifest.json')],
  ] satisfies readonly (readonly [string, (at: StorePlace, it: Manifest) => Promise<void>])[]) {
    check(`an artifact with ${what} is moved aside, absent, and can be published again`, async (at) => {
      const published = await publish(at.open(), FILES);
      await spoil(at, published);
      const store = at.open();
      assert.equal(await store.find('train', KEY), undefined);
      assert.equal(await at.damagedCount(), 1);
      await assert.rejects(store.open(published), isError('ARTIFACT_MISSING'));
      assert.equal((await publish(store, FILES, KEY, META, 'attempt-2')).digest, published.digest);
      assert.equal(await at.damagedCount(), 1);
    });
  }

  check('an artifact without its manifest is absent, and can be published again', async (at) => {
    const published = await publish(at.open(), FILES);
    await at.remove(published, 'manifest.json');
    const store = at.open();
    assert.equal(await store.find('train', KEY), undefined);
    await assert.rejects(store.open(published), isError('ARTIFACT_MISSING'));
    assert.equal((await publish(store, FILES, KEY, META, 'attempt-2')).digest, published.digest);
  });

  check('damage is noticed by the process that verified the artifact before', async (at) => {
    const store = at.open();
    const published = await publish(store, FILES);
    await store.open(published);
    await at.damage(published, 'weights.bin', { keepLength: true });
    assert.equal(await store.find('train', KEY), undefined);
  });

  check('publishing over a damaged artifact replaces it', async (at) => {
    const published = await publish(at.open(), FILES);
    await at.damage(published, 'weights.bin');
    const again = await publish(at.open(), { ...FILES, 'weights.bin': 'better' }, KEY, META, 'attempt-2');
    assert.equal(await readFile(join(await at.open().open(again), 'weights.bin'), 'utf8'), 'better');
  });

  check('a reference to other content than the stored one opens nothing', async (at) => {
    const store = at.open();
    const published = await publish(store, FILES);
    await assert.rejects(store.open({ ...published, digest: 'b'.repeat(64) }), isError('ARTIFACT_MISSING'));
  });

  check('a work folder is empty, and other attempts keep theirs', async (at) => {
    const store = at.open();
    const first = await store.workFolder(KEY, '1');
    await writeFile(join(first, 'half'), 'half');
    const second = await store.workFolder(KEY, '2');
    assert.notEqual(second, first);
    assert.ok(existsSync(join(first, 'half')));
    assert.ok(!existsSync(join(await store.workFolder(KEY, '1'), 'half')));
  });

  check('a look tells what a run would find, and neither verifies nor moves anything', async (at) => {
    assert.equal(await at.open().peek('train', KEY), undefined);
    const published = await publish(at.open(), FILES);
    await at.damage(published, 'weights.bin');
    const store = at.open();
    assert.deepEqual(await store.peek('train', KEY), published);
    assert.equal(await at.damagedCount(), 0);
    assert.equal(await store.readText(published, 'deep/er/labels.txt'), 'labels');
    assert.equal(await store.readText(published, 'weights.bin'), undefined, 'it is damaged');
    assert.equal(await store.readText(published, 'nothing.txt'), undefined);
  });

  check('a look tells the step of the newest checkpoint', async (at) => {
    const store = at.open();
    assert.equal(await store.reached(KEY), undefined);
    const folder = await store.checkpoints(KEY);
    for (const step of ['step-20', 'step-100', '.unfinished-x']) await mkdir(join(folder, step));
    assert.equal(await store.reached(KEY), 100);
  });

  check('checkpoints outlive attempts and processes until their key is cleared', async (at) => {
    const folder = await at.open().checkpoints(KEY);
    await writeFile(join(folder, 'step-10'), 'ten');
    assert.equal(await at.open().checkpoints(KEY), folder);
    const work = await at.open().workFolder(KEY, '1');
    await at.open().clear(KEY);
    assert.ok(!existsSync(join(folder, 'step-10')));
    assert.ok(!existsSync(work));
  });

  check('a file of 1 GiB is published, and opened by another process, byte for byte', async (at) => {
    const store = at.open();
    const work = await store.workFolder(KEY, '1');
    const hash = createHash('sha256');
    const file = await open(join(work, 'weights.bin'), 'w');
    for (let part = 0; part < 64; part++) {
      const bytes = randomFillSync(Buffer.alloc(2 ** 24, part), 0, 1024); // every part another
      hash.update(bytes);
      await file.write(bytes);
    }
    await file.close();
    const published = await store.publish('train', KEY, work, META);
    const sha256 = hash.digest('hex');
    assert.deepEqual(published.files, [{ path: 'weights.bin', bytes: 2 ** 30, sha256 }]);
    assert.equal(await sha256Of(join(await at.open().open(published), 'weights.bin')), sha256);
  });

  check('clearing a key leaves its artifact and other keys alone', async (at) => {
    const store = at.open();
    const published = await publish(store, FILES);
    const other = await store.checkpoints('other');
    await store.clear(KEY);
    await store.clear('never seen');
    assert.deepEqual(await store.find('train', KEY), published);
    assert.ok(existsSync(other));
  });
}

/** SIGKILL to a process that publishes, at moments spread over what it does. */
export function checkKilledPublishers(name: string, address: () => Promise<StoreAddress>, kills: readonly number[]): void {
  for (const afterMs of kills) {
    test(`${name}: a publisher that is killed ${afterMs} ms after its second artifact leaves whole artifacts, and no half one`, async () => {
      const at = await address();
      const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'publisher.ts'), 'publish', JSON.stringify(at)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      let said = '';
      for await (const chunk of child.stdout) {
        said += String(chunk);
        if (said.includes('1\n') && !child.killed) setTimeout(() => child.kill('SIGKILL'), afterMs).unref();
        if (said.split('\n').length > 10_000) break;
      }
      await ended;
      const published = said.trim().split('\n').length;
      const store = openAddress(at);
      for (let i = 0; i < published; i++) assert.ok(await store.find('label', `key-${i}`), `key-${i} was published, and is lost`);
      const half = await store.find('label', `key-${published}`);
      assert.ok(half === undefined || half.files.length === 3);
      const again = await publish(store, { 'a.bin': 'again' }, 'key-again');
      assert.equal(await readFile(join(await store.open(again), 'a.bin'), 'utf8'), 'again');
    });
  }
}

export async function publish(
  store: ArtifactStore,
  files: Readonly<Record<string, string>>,
  key: string = KEY,
  meta = META,
  attempt = 'attempt-1',
): Promise<Manifest> {
  const folder = await store.workFolder(key, attempt);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return store.publish('train', key, folder, meta);
}

export function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof PipelineError && error.code === code;
}
