import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { createBlobCache } from '../../lib/store/blob-cache.js';
import { findGarbage, removeGarbage } from '../../lib/store/collect.js';
import { references, runName } from '../../lib/store/references.js';
import { s3Objects, type S3Location } from '../../lib/store/s3-objects.js';
import { createS3Store } from '../../lib/store/s3-store.js';
import type { ArtifactStore, Manifest } from '../../lib/store/store.js';
import { checkCollectableContract, checkKilledPublishers, checkStoreContract, isError, publish, type StorePlace } from '../store/contract.js';
import { checkCollectors } from '../store/collectors.js';
import { checkLeaseContract } from '../store/lease-contract.js';
import { backdate, planted } from '../store/places.js';
import { unreliable } from './unreliable.js';
import { startS3Server, type S3Server } from './server.js';

let server: S3Server;
before(async () => {
  server = await startS3Server();
});
after(() => server.close());

const DAY = 86_400_000;
const roots: string[] = [];
after(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));
let places = 0;

/** A machine: a root of its own, and the store of a place in the bucket. */
async function machine(location: S3Location, mostBytes = 2 ** 30): Promise<{ root: string; open(): ArtifactStore }> {
  const root = await mkdtemp(join(tmpdir(), 'noisy-student-s3-root-'));
  roots.push(root);
  return {
    root,
    open: () => createS3Store({ objects: s3Objects(location), root, cache: createBlobCache(root, { mostBytes, keepMs: DAY, now: Date.now }) }),
  };
}

function newPlace(): S3Location {
  return { ...server.location, prefix: `project/${++places}/` };
}

checkStoreContract('S3 store', bucketPlace);
checkLeaseContract('S3 store', bucketPlace);
checkCollectableContract('S3 store', bucketPlace);

async function bucketPlace(): Promise<StorePlace> {
  const location = newPlace();
  const { root, open } = await machine(location);
  const folder = join(server.folder, String(places));
  const stored = ({ phase, key, files }: Manifest, path: string) => {
    const copy = files.find((file) => file.path === path)?.sha256;
    if (copy === undefined) return [join(folder, `artifacts/${phase}/${key}.json`)];
    const uploads = join(folder, 'files', phase, key);
    return [...readdirSync(uploads).map((upload) => join(uploads, upload, path)), join(root, 'blobs', copy)].filter((name) => existsSync(name));
  };
  return {
    open,
    async damage(manifest, path, { keepLength } = { keepLength: false }) {
      for (const file of stored(manifest, path)) {
        const content = await readFile(file);
        await writeFile(file, keepLength ? content.map((byte) => byte ^ 1) : Buffer.concat([content, Buffer.from('!')]));
      }
    },
    async remove(manifest, path) {
      for (const file of stored(manifest, path)) await rm(file);
    },
    damagedCount: async () => (existsSync(join(folder, 'damaged')) ? (await readdir(join(folder, 'damaged'))).length : 0),
    async age() {
      for (const each of [folder, root]) if (existsSync(each)) backdate(each);
    },
    async plant(count) {
      mkdirSync(join(folder, 'artifacts/label'), { recursive: true });
      for (let n = 0; n < count; n++) {
        const { manifest } = planted(n);
        writeFileSync(join(folder, `artifacts/label/${manifest.key}.json`), JSON.stringify({ ...manifest, upload: 'upload' })); // an object of that server
      }
    },
  };
}

checkCollectors(
  'S3 store',
  async () => {
    const location = newPlace();
    return async () => ({ root: (await machine(location)).root, s3: location });
  },
  2,
);
checkKilledPublishers('S3 store', async () => ({ root: (await machine(newPlace())).root, s3: newPlace() }), [0, 5, 15, 30, 60]);

test('what one machine published another opens, with only the bucket in common', async () => {
  const location = newPlace();
  const [a, b] = [await machine(location), await machine(location)];
  const published = await publish(a.open(), { 'weights.bin': 'weights', 'deep/er/labels.txt': 'labels' });
  const folder = await b.open().open(published);
  assert.equal(await readFile(join(folder, 'deep/er/labels.txt'), 'utf8'), 'labels');
  assert.ok(folder.startsWith(b.root));
});

test('a large file goes in parts and comes by ranges, byte for byte', async () => {
  const location = newPlace();
  const [a, b] = [await machine(location), await machine(location)];
  const bytes = randomBytes(40 * 2 ** 20 + 12_345);
  const store = a.open();
  const work = await store.workFolder('large', '1');
  await writeFile(join(work, 'weights.bin'), bytes);
  const published = await store.publish('train', 'large', work, { seconds: 1 });
  assert.ok(!existsSync(work));
  assert.ok(bytes.equals(await readFile(join(await b.open().open(published), 'weights.bin'))));
});

test('of eight machines that publish one key at once one wins, and a ninth opens what it published', async () => {
  const location = newPlace();
  const manifests = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => publish((await machine(location)).open(), { 'who.txt': `machine ${i}` }, 'raced', { seconds: 1, host: `${i}` })),
  );
  for (const manifest of manifests) assert.deepEqual(manifest, manifests[0]);
  const folder = await (await machine(location)).open().open(manifests[0]!);
  assert.match(await readFile(join(folder, 'who.txt'), 'utf8'), new RegExp(`machine ${manifests[0]!.meta['host']}`));
});

test('the copies of a machine stay below their bound, but for what was opened lately', async () => {
  const location = newPlace();
  const { root, open } = await machine(location, 2500);
  const store = open();
  const published: Manifest[] = [];
  for (let i = 0; i < 5; i++) published.push(await publish(store, { 'x.bin': String(i).repeat(1000) }, `key-${i}`));
  const opened = await Promise.all(published.map((each) => store.open(each)));
  assert.equal((await readdir(join(root, 'blobs'))).length, 5, 'all are opened');
  for (const folder of opened.slice(0, 4)) await utimes(folder, 1, 1);
  await store.open(published[4]!);
  assert.equal((await readdir(join(root, 'blobs'))).length, 2);
  assert.ok((await stat(join(opened[4]!, 'x.bin'))).isFile());
  assert.equal(await readFile(join(await store.open(published[0]!), 'x.bin'), 'utf8'), '0'.repeat(1000), 'what was removed is fetched again');
});

test('gc takes what uploads left that were cut off: files without a manifest and parts without an end, but not of a run that is under way', async () => {
  const location = newPlace();
  const { root, open } = await machine(location);
  const published = await publish(open(), { 'x.bin': 'x' });
  const objects = s3Objects(location);
  await objects.put('files/train/cut-off/upload/x.bin', 'x');
  await objects.put('files/train/live/upload/x.bin', 'x');
  const client = new S3Client({ region: location.region, endpoint: location.endpoint!, forcePathStyle: true, credentials: location.credentials! });
  const begin = (name: string) => client.send(new CreateMultipartUploadCommand({ Bucket: location.bucket, Key: `${location.prefix}${name}` }));
  await begin('files/train/cut-off/upload/y.bin');
  await begin('files/train/live/upload/y.bin');
  await mkdir(join(root, 'temporary'), { recursive: true });
  await writeFile(join(root, 'temporary', 'half'), 'half');
  const { begin: beginRun, use } = references(open().notes);
  await beginRun(runName('a run'));
  await use({ run: runName('a run'), execution: '1' }, 'live');
  await use({ run: runName('a run'), execution: '1' }, published.key);

  const collect = async (olderThanMs: number) => {
    const taken: string[] = [];
    for await (const garbage of findGarbage(open(), { olderThanMs })) if (await removeGarbage(open(), garbage)) taken.push(garbage.item.kind);
    return taken.sort();
  };
  assert.deepEqual(await collect(60_000), [], 'they are young');
  assert.deepEqual(await collect(-60_000), ['copy', 'upload', 'upload']); // as if a minute had passed
  const left: string[] = [];
  for await (const upload of objects.openUploads('files/')) left.push(upload.name);
  for await (const name of objects.list('files/')) left.push(name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '<upload>'));
  assert.deepEqual(left, ['files/train/live/upload/y.bin', `files/train/${published.key}/<upload>/x.bin`, 'files/train/live/upload/x.bin']);
  objects.close();
  client.destroy();
});

test('checkpoints in the bucket that nobody goes on with are taken, and those of a run under way are not', async () => {
  const location = newPlace();
  const { open } = await machine(location);
  const objects = s3Objects(location);
  for (const key of ['left', 'live']) for (const file of ['manifest.json', 'state']) await objects.put(`checkpoints/${key}/step-1/${file}`, '{}');
  const { begin, use } = references(open().notes);
  await begin(runName('a run'));
  await use({ run: runName('a run'), execution: '1' }, 'live');
  backdate(join(server.folder, String(places)));
  for await (const garbage of findGarbage(open(), { olderThanMs: DAY })) assert.ok(await removeGarbage(open(), garbage));
  const left: string[] = [];
  for await (const name of objects.list('checkpoints/')) left.push(name);
  assert.deepEqual(left, ['checkpoints/live/step-1/manifest.json', 'checkpoints/live/step-1/state']);
  objects.close();
});

for (const [what, change, code, message] of [
  ['a wrong secret', { credentials: { accessKeyId: 'test-access', secretAccessKey: 'wrong' } }, 'STORE_REFUSED', /secret key is wrong|the store answers 403/],
  ['an unknown key', { credentials: { accessKeyId: 'nobody', secretAccessKey: 'wrong' } }, 'STORE_REFUSED', /access key is unknown|the store answers 40[34]/],
  ['a bucket that is not there', { bucket: 'nowhere' }, 'STORE_REFUSED', /there is no such bucket/],
  ['an address where nobody listens', { endpoint: 'http://127.0.0.1:9', attempts: 2 }, 'STORE_UNREACHABLE', /ECONNREFUSED/],
] as const) {
  test(`${what} is told in one line`, async () => {
    const { open } = await machine({ ...newPlace(), ...change });
    const told = async (work: (store: ArtifactStore) => Promise<unknown>) =>
      assert.rejects(work(open()), (error: Error) => isError(code)(error) && message.test(error.message) && error.message.includes('s3://'));
    await told((store) => store.find('train', 'key'));
    await told((store) => publish(store, { 'x.txt': 'x' }));
  });
}

test('a training that one machine left is resumed by another, from the newest checkpoint that is complete', async () => {
  const location = newPlace();
  const [a, b] = [await machine(location), await machine(location)];
  const [first, second] = [a.open(), b.open()];
  const folder = await first.checkpoints('training');
  const write = async (step: number) => {
    const files = [{ path: 'progress.json', bytes: 2, sha256: 'unread' }];
    await mkdir(join(folder, `step-${step}`));
    await writeFile(join(folder, `step-${step}`, 'progress.json'), '{}');
    await writeFile(join(folder, `step-${step}`, 'manifest.json'), JSON.stringify({ files }));
  };
  for (const step of [10, 20, 30]) {
    await write(step);
    await first.shareCheckpoints('training');
    await first.shareCheckpoints('training'); // there is nothing to do
  }
  assert.deepEqual((await readdir(await second.checkpoints('training'))).sort(), ['step-20', 'step-30']);
  assert.equal(await readFile(join(await second.checkpoints('training'), 'step-30/progress.json'), 'utf8'), '{}');

  const objects = s3Objects(location);
  await objects.remove('checkpoints/training/step-30/manifest.json'); // as a machine that was killed while it shared leaves it
  const third = (await machine(location)).open();
  assert.deepEqual(await readdir(await third.checkpoints('training')), ['step-20']);

  await second.clear('training');
  assert.deepEqual(await readdir(await (await machine(location)).open().checkpoints('training')), []);
  for await (const name of objects.list('checkpoints/')) assert.fail(`${name} was left`);
  objects.close();
});

for (const fault of ['answers 503', 'answers 500', 'says nothing', 'breaks off the answer', 'breaks off the request'] as const) {
  test(`a store that ${fault} at every third request loses nothing and publishes nothing twice`, async (t) => {
    const location = newPlace();
    const between = await unreliable(location.endpoint!, (request) => (request % 3 === 1 ? fault : undefined));
    t.after(() => between.close());
    const [a, b] = [await machine({ ...location, endpoint: between.endpoint, attempts: 6, silenceMs: 400 }), await machine(location)];
    const bytes = randomBytes(20 * 2 ** 20);
    const store = a.open();
    const work = await store.workFolder('large', '1');
    await writeFile(join(work, 'weights.bin'), bytes);
    const published = await store.publish('train', 'large', work, { seconds: 1 });
    assert.deepEqual(await b.open().find('train', 'large'), published);
    assert.ok(
      bytes.equals(
        await readFile(join(await (await machine({ ...location, endpoint: between.endpoint, silenceMs: 400 })).open().open(published), 'weights.bin')),
      ),
    );
    assert.ok(between.happened.get(fault)! > 0, 'it never happened');
    assert.equal((await readdir(join(server.folder, String(places), 'files/train/large'))).length, 1, 'uploads');
  });
}

for (const [name, offMs] of [
  ['an hour ahead', 3_600_000],
  ['an hour behind', -3_600_000],
] as const) {
  test(`a machine whose clock is ${name} publishes and opens as any other`, async (t) => {
    const location = newPlace();
    const [wrong, right] = [await machine(location), await machine(location)];
    const other = await publish(right.open(), { 'x.bin': 'of the other' }, 'other');
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + offMs });
    const once = await machine({ ...location, attempts: 1 });
    await assert.rejects(once.open().find('train', 'own'), /clock of this machine/, 'the store does not look at the time');
    const published = await publish(wrong.open(), { 'x.bin': 'of this one' }, 'own');
    assert.ok(await wrong.open().open(other));
    t.mock.timers.reset();
    assert.equal(await readFile(join(await right.open().open(published), 'x.bin'), 'utf8'), 'of this one');
  });
}

test('a store that is gone is told as such, after as many attempts as are allowed', async (t) => {
  const location = newPlace();
  const between = await unreliable(location.endpoint!, () => 'answers 503');
  t.after(() => between.close());
  const { open } = await machine({ ...location, endpoint: between.endpoint, attempts: 3 });
  await assert.rejects(open().find('train', 'key'), isError('STORE_UNREACHABLE'));
  assert.equal(between.happened.get('answers 503'), 3);
});

test('names are listed in order, page by page', async () => {
  const objects = s3Objects(newPlace());
  const names = Array.from({ length: 1100 }, (_, i) => `artifacts/label/${String(i).padStart(5, '0')}.json`);
  for (let from = 0; from < names.length; from += 50) await Promise.all(names.slice(from, from + 50).map((name) => objects.putIf(name, '{}')));
  const listed: string[] = [];
  for await (const name of objects.list('artifacts/')) listed.push(name);
  assert.deepEqual(listed, names);
  objects.close();
});
