import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { PipelineError } from '../../lib/errors.js';
import { findGarbage, removeGarbage, type Garbage } from '../../lib/store/collect.js';
import { sha256Of } from '../../lib/store/manifest.js';
import { references, runName, type References } from '../../lib/store/references.js';
import type { ArtifactStore, Manifest, Phase } from '../../lib/store/store.js';
import { openAddress, type StoreAddress } from './publisher.js';

/** What a store's tests provide: stores over one fresh place, as several processes would open them, and a way to spoil it. */
export interface StorePlace {
  /** A store that remembers nothing of what another one verified. */
  open(): ArtifactStore;
  /** Changes one stored file of an artifact, its length unless `keepLength`. `manifest.json` is a file, too. */
  damage(manifest: Manifest, path: string, options?: { keepLength: boolean }): Promise<void>;
  /** Deletes one stored file of an artifact. */
  remove(manifest: Manifest, path: string): Promise<void>;
  /** Makes everything in the place a month old: artifacts, notes, and what was left. */
  age(): Promise<void>;
  /** So many artifacts of the phase `label`, each of one byte, by a shorter way than publishing each. */
  plant(count: number): Promise<void>;
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

/** What `gc` relies on. */
export function checkCollectableContract(name: string, place: () => Promise<StorePlace>): void {
  const check = (claim: string, run: (place: StorePlace) => Promise<void>) => void test(`${name}: ${claim}`, async () => run(await place()));

  check('a listing shows every artifact with its bytes and the time at which it was published', async (at) => {
    const store = at.open();
    const before = await store.notes.now();
    for (const key of ['1', '2', '3']) await publish(store, { 'weights.bin': 'w'.repeat(Number(key) * 100_000) }, key);
    const listed = (await all(at.open().artifacts())).sort((a, b) => a.bytes - b.bytes);
    assert.deepEqual(
      listed.map(({ phase, key, bytes }) => [phase, key, Math.floor(bytes / 100_000)]),
      ['1', '2', '3'].map((key) => ['train', key, Number(key)]),
    );
    for (const { changedAt } of listed) assert.ok(Math.floor(changedAt / 1000) >= Math.floor(before / 1000) && changedAt <= (await store.notes.now()) + 1000);
    assert.deepEqual(await at.open().stored({ phase: 'train', key: '2' }), listed[1]);
    assert.equal(await at.open().stored({ phase: 'label', key: '2' }), undefined);
  });

  check('of 10,000 artifacts a listing has each once', async (at) => {
    await at.plant(10_000);
    const keys = new Set<string>();
    let listed = 0;
    for await (const { key } of at.open().artifacts()) {
      keys.add(key);
      listed++;
    }
    assert.deepEqual([listed, keys.size], [10_000, 10_000]);
  });

  check('what is condemned is there for everybody, and a look-up calls its removal off', async (at) => {
    for (const look of ['find', 'open', 'publish'] as const) {
      const published = await publish(at.open(), FILES, look);
      const condemned = await at.open().condemn(published);
      assert.deepEqual(
        (await all(at.open().artifacts())).filter(({ key }) => key === look).map(({ key }) => key),
        [look],
      );
      if (look === 'find') assert.deepEqual(await at.open().find('train', look), published);
      else if (look === 'open') assert.ok(existsSync(join(await at.open().open(published), 'weights.bin')));
      else assert.deepEqual(await publish(at.open(), { 'other.txt': 'late' }, look, META, 'attempt-2'), published);
      assert.equal(await condemned!.take(), false, look);
      assert.deepEqual(await at.open().find('train', look), published);
    }
  });

  check('what is taken is absent, leaves nothing, and can be published again', async (at) => {
    const published = await publish(at.open(), FILES);
    const condemned = await at.open().condemn(published);
    assert.equal(await condemned!.take(), true);
    const store = at.open();
    assert.deepEqual(await all(store.artifacts()), []);
    assert.deepEqual(await all(store.leftovers()), []);
    assert.equal(await store.find('train', KEY), undefined);
    assert.equal(await store.condemn(published), undefined);
    await assert.rejects(store.open(published), isError('ARTIFACT_MISSING'));
    assert.equal((await publish(store, FILES, KEY, META, 'attempt-2')).digest, published.digest);
    assert.equal(await at.damagedCount(), 0);
  });

  check('what a gc that was killed had condemned is whole, and the next gc takes it', async (at) => {
    const published = await publish(at.open(), FILES);
    await at.age();
    assert.ok(await at.open().condemn(published));
    assert.deepEqual(
      (await all(at.open().artifacts())).map(({ key }) => key),
      [KEY],
    );
    assert.equal((await collectAll(at)).length, 1);
    assert.equal(await at.open().find('train', KEY), undefined);
  });

  check('of two that condemn one artifact only the one that takes it has taken it, and one that spares it leaves the other its own decision', async (at) => {
    const published = await publish(at.open(), FILES);
    const [first, second] = [await at.open().condemn(published), await at.open().condemn(published)];
    const took = await Promise.all([first?.take(), second?.take()]);
    assert.equal(took.filter(Boolean).length, 1);
    assert.equal(await at.open().find('train', KEY), undefined);
  });

  check('one that condemned before a look-up takes nothing, though another has condemned again since', async (at) => {
    const published = await publish(at.open(), FILES);
    const early = await at.open().condemn(published);
    assert.ok(await at.open().find('train', KEY));
    const late = await at.open().condemn(published);
    assert.equal(await early!.take(), false);
    await late!.spare();
    assert.deepEqual(await at.open().find('train', KEY), published);
  });

  for (const [what, prepare, isKept] of [
    ['nobody used', async () => undefined, false],
    ['a run used that is under way', async ({ use }) => use('a run'), true],
    ['a child of a run used that is under way', async ({ use }) => use('a run', 'a second execution'), true],
    ['a run used that is done', async ({ use, known }) => (await use('a run'), known.finish(runName('a run'))), true],
    ['a run used that is forgotten', async ({ use, known }) => (await use('a run'), void (await known.forget(runName('a run')))), false],
    ['one run used that is forgotten, and another that is not', async ({ use, known }) => (await use('a'), await use('b'), void (await known.forget(runName('a')))), true], // prettier-ignore
    ['is pinned', async ({ known }) => known.pin({ phase: 'train', key: KEY }), true],
    ['was pinned', async ({ known }) => (await known.pin({ phase: 'train', key: KEY }), void (await known.unpin({ phase: 'train', key: KEY }))), false],
    ['a pinned run used that is forgotten', async ({ use, known }) => (await use('a/run'), await known.pin(runName('a/run')), void (await known.forget(runName('a/run')))), true], // prettier-ignore
  ] satisfies readonly (readonly [string, (given: Prepared) => Promise<void>, boolean])[]) {
    check(`gc ${isKept ? 'keeps' : 'takes'} an old artifact that ${what}`, async (at) => {
      await publish(at.open(), FILES);
      await prepare(prepared(at));
      assert.equal((await collectAll(at)).length, 0, 'it is young');
      await at.age();
      assert.equal((await collectAll(at)).length, isKept ? 0 : 1);
      assert.equal((await at.open().find('train', KEY)) !== undefined, isKept);
    });
  }

  check('gc takes the labels of runs that are done, but not of one that is under way, pinned, or has just been started again', async (at) => {
    const { use, known } = prepared(at);
    for (const run of ['done', 'under way', 'pinned', 'again']) {
      await publish(at.open(), FILES, run, META, 'attempt-1', 'label');
      await known.begin(runName(run));
      await known.use({ run: runName(run), execution: '1' }, run);
      if (run !== 'under way') await known.finish(runName(run));
    }
    await known.pin(runName('pinned'));
    await at.age();
    await use('again', '2', 'again');
    await known.finish(runName('again')); // it was quick
    assert.deepEqual(
      (await collectAll(at)).map(({ item }) => item.kind === 'artifact' && item.key),
      ['done'],
    );
    for (const run of ['under way', 'pinned', 'again']) assert.ok(await at.open().find('label', run), run);
  });

  check('gc takes what attempts and trainings left, but not of a run under way, and nothing young', async (at) => {
    const { use } = prepared(at);
    const leave = async (key: string) => {
      await writeFile(join(await at.open().workFolder(key, 'attempt'), 'half'), 'half');
      await at.open().leases.create(key, 1, 'of a killed attempt');
      await mkdir(join(await at.open().checkpoints(key), 'step-1'));
      await writeFile(join(await at.open().checkpoints(key), 'step-1', 'state'), 'state');
    };
    await leave('left');
    await leave('live');
    await use('a run', '1', 'live');
    assert.deepEqual(await collectAll(at), []);
    await at.age();
    await leave('young');
    assert.deepEqual((await collectAll(at)).map(({ item }) => item.kind).sort(), ['checkpoints', 'lease', 'work']);
    assert.deepEqual((await all(at.open().leftovers())).map(({ key }) => key).sort(), ['live', 'live', 'live', 'young', 'young', 'young']);
    assert.equal(await readFile(join(await at.open().checkpoints('live'), 'step-1', 'state'), 'utf8'), 'state');
  });

  check('gc takes what did not verify', async (at) => {
    await at.damage(await publish(at.open(), FILES), 'weights.bin');
    assert.equal(await at.open().find('train', KEY), undefined);
    await at.age();
    const taken = (await collectAll(at)).map(({ item }) => item.kind);
    assert.ok(taken.includes('damaged'), String(taken));
    assert.deepEqual(await all(at.open().leftovers()), []);
    assert.equal(await at.damagedCount(), 0);
  });

  check('a run that uses an artifact between the look and the removal keeps it', async (at) => {
    const published = await publish(at.open(), FILES);
    await at.age();
    const [garbage] = await all(findGarbage(at.open(), { olderThanMs: HOUR }));
    await prepared(at).use('a run');
    assert.equal(await removeGarbage(at.open(), garbage!), false);
    assert.deepEqual(await at.open().find('train', KEY), published);
  });

  check('an artifact that was published anew between the look and the removal stays', async (at) => {
    const published = await publish(at.open(), FILES);
    await at.age();
    const [garbage] = await all(findGarbage(at.open(), { olderThanMs: HOUR }));
    assert.ok(await (await at.open().condemn(published))!.take());
    await publish(at.open(), FILES, KEY, META, 'attempt-2');
    assert.equal(await removeGarbage(at.open(), garbage!), false);
    assert.ok(await at.open().find('train', KEY));
  });

  check('a note says what was put last, is listed with its time, and is gone when it is removed', async (at) => {
    const { notes } = at.open();
    await notes.put('pins/runs/a', 'first');
    await notes.put('pins/runs/a', 'second');
    await notes.put('pins/artifacts/a', 'third');
    assert.equal(await notes.get('pins/runs/a'), 'second');
    assert.deepEqual(
      (await all(notes.list('pins/runs/'))).map(({ name }) => name),
      ['pins/runs/a'],
    );
    await notes.remove('pins/runs/a');
    await notes.remove('pins/runs/a');
    assert.equal(await notes.get('pins/runs/a'), undefined);
    assert.deepEqual(await all(notes.list('pins/runs/')), []);
  });
}

const HOUR = 3_600_000;

interface Prepared {
  readonly known: References;
  use(run: string, execution?: string, key?: string): Promise<void>;
}

function prepared(at: StorePlace): Prepared {
  const known = references(at.open().notes);
  return {
    known,
    async use(run, execution = 'an execution', key = KEY) {
      await known.begin(runName(run));
      await known.use({ run: runName(run), execution }, key);
    },
  };
}

/** What one gc takes. */
async function collectAll(at: StorePlace): Promise<Garbage[]> {
  const taken: Garbage[] = [];
  for await (const garbage of findGarbage(at.open(), { olderThanMs: HOUR })) if (await removeGarbage(at.open(), garbage)) taken.push(garbage);
  return taken;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
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
  phase: Phase = 'train',
): Promise<Manifest> {
  const folder = await store.workFolder(key, attempt);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return store.publish(phase, key, folder, meta);
}

export function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof PipelineError && error.code === code;
}
