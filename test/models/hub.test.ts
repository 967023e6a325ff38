import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { fetchFromHub, hubSettings, type HubHooks, type HubSettings } from '../../lib/models/hub.js';
import type { ErrorCode } from '../../lib/errors.js';
import { gitDigest, sha256, startHubServer, type HubServer, type ModelFiles } from './hub-server.js';

const ID = 'timm/tf_efficientnet_b0.ns_jft_in1k';
const FILES = ['config.json', 'model.safetensors'];
const CONFIG = Buffer.from('{ "architecture": "tf_efficientnet_b0" }');
const WEIGHTS = bytesOf(3_000_000);
const MODEL: ModelFiles = { 'README.md': Buffer.from('# B0'), 'config.json': CONFIG, 'model.safetensors': WEIGHTS };
const HALF = WEIGHTS.length / 2;

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const HOME = '/home/ada';
for (const [environment, expected] of [
  [{}, { endpoint: 'https://huggingface.co', cache: '/home/ada/.cache/huggingface/hub', isOffline: false, tokenFile: '/home/ada/.cache/huggingface/token' }],
  [{ XDG_CACHE_HOME: '/x' }, { cache: '/x/huggingface/hub', tokenFile: '/x/huggingface/token' }],
  [
    { XDG_CACHE_HOME: '/x', HF_HOME: '~/hf' },
    { cache: '/home/ada/hf/hub', tokenFile: '/home/ada/hf/token' },
  ],
  [{ HF_HOME: '$DISK/hf', DISK: '/big' }, { cache: '/big/hf/hub' }],
  [
    { HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' },
    { cache: '/old', tokenFile: '/hf/token' },
  ],
  [{ HF_HUB_CACHE: '${DISK}/new', DISK: '/big', HUGGINGFACE_HUB_CACHE: '/old' }, { cache: '/big/new' }],
  [
    { HF_HUB_CACHE: '', HF_ENDPOINT: '' },
    { endpoint: 'https://huggingface.co', cache: '/home/ada/.cache/huggingface/hub' },
  ],
  [{ HF_ENDPOINT: 'https://mirror.example/hub/' }, { endpoint: 'https://mirror.example/hub' }],
  [{ HF_HUB_OFFLINE: '1' }, { isOffline: true }],
  [{ HF_HUB_OFFLINE: 'yes' }, { isOffline: true }],
  [{ HF_HUB_OFFLINE: 'True' }, { isOffline: true }],
  [{ HF_HUB_OFFLINE: 'on' }, { isOffline: true }],
  [{ HF_HUB_OFFLINE: '0' }, { isOffline: false }],
  [{ TRANSFORMERS_OFFLINE: '1' }, { isOffline: true }],
  [{ HF_TOKEN: ' hf_a\n' }, { token: 'hf_a', tokenFile: undefined }],
  [{ HUGGING_FACE_HUB_TOKEN: 'hf_b' }, { token: 'hf_b' }],
  [{ HF_TOKEN_PATH: '~/secret' }, { token: undefined, tokenFile: '/home/ada/secret' }],
  [
    { HF_TOKEN: 'hf_a', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' },
    { token: undefined, tokenFile: undefined },
  ],
  [{ HF_HUB_DOWNLOAD_TIMEOUT: '30' }, { silenceMs: 30_000 }],
] as const satisfies readonly (readonly [Record<string, string>, Partial<Record<keyof HubSettings, unknown>>])[]) {
  test(`the environment ${JSON.stringify(environment)} means what it means to huggingface_hub`, () => {
    const settings: Partial<Record<keyof HubSettings, unknown>> = hubSettings(environment, HOME);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, settings[key as keyof HubSettings]])), expected);
  });
}

test('the files arrive in the layout that Python shares', async (t) => {
  const { server, settings } = await setUp(t);
  const { folder, commit } = await fetchFromHub({ id: ID, files: FILES }, settings);
  const repository = repositoryOf(settings);
  assert.equal(commit, server.publish(ID, MODEL));
  assert.equal(folder, join(repository, 'snapshots', commit));
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  assert.deepEqual(await readFile(join(folder, 'config.json')), CONFIG);
  assert.deepEqual((await readdir(join(repository, 'blobs'))).sort(), [gitDigest(CONFIG), sha256(WEIGHTS)].sort());
  assert.equal(await readlink(join(folder, 'model.safetensors')), `../../blobs/${sha256(WEIGHTS)}`);
  assert.equal(await readFile(join(repository, 'refs/main'), 'utf8'), commit);
  assert.deepEqual((await readdir(folder)).sort(), FILES);
});

test('files in folders and revisions with a slash arrive, too', async (t) => {
  const { server, settings } = await setUp(t);
  const commit = server.publish(ID, { 'onnx/small/config.json': CONFIG }, 'refs/pr/1');
  const { folder } = await fetchFromHub({ id: ID, revision: 'refs/pr/1', files: ['onnx/small/config.json'] }, settings);
  assert.deepEqual(await readFile(join(folder, 'onnx/small/config.json')), CONFIG);
  assert.equal(await readFile(join(repositoryOf(settings), 'refs/refs/pr/1'), 'utf8'), commit);
});

test('the progress of a file rises to its size', async (t) => {
  const { settings } = await setUp(t);
  const seen: number[] = [];
  await fetchFromHub({ id: ID, files: FILES }, settings, { onProgress: ({ file, received, size }) => void (file.endsWith('s') && seen.push(received / size)) });
  assert.ok(seen.length > 1);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 1);
});

for (const source of ['the environment', 'a file'] as const) {
  test(`a token of ${source} goes to the hub, and not to the host that a large file is redirected to`, async (t) => {
    const { server, settings } = await setUp(t, { token: 'secret' });
    const tokenFile = join(settings.cache, 'token');
    await mkdir(settings.cache, { recursive: true });
    await writeFile(tokenFile, 'secret\n');
    await fetchFromHub({ id: ID, files: FILES }, { ...settings, ...(source === 'a file' ? { tokenFile } : { token: 'secret' }) });
    const [hub, storage] = (['hub', 'storage'] as const).map((host) => server.requests.filter((request) => request.host === host));
    assert.deepEqual(new Set(hub!.map(({ authorization }) => authorization)), new Set(['Bearer secret']));
    assert.deepEqual(new Set(storage!.map(({ authorization }) => authorization)), new Set([undefined]));
  });
}

test('a connection that breaks twice is taken up where it broke', async (t) => {
  const { server, settings } = await setUp(t);
  server.cut('model.safetensors', 1_000_000, 2);
  const { folder } = await fetchFromHub({ id: ID, files: FILES }, settings);
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  const [first, second, third] = downloads(server);
  assert.equal(first!.range, undefined);
  assert.ok(0 < startOf(second!.range) && startOf(second!.range) < startOf(third!.range), `${second!.range} ${third!.range}`);
  assert.ok(sentBytes(server) < 1.5 * WEIGHTS.length);
});

test('a hub that falls silent is asked for the rest', async (t) => {
  const { server, settings } = await setUp(t);
  void server.stall('model.safetensors', HALF);
  const { folder } = await fetchFromHub({ id: ID, files: FILES }, { ...settings, silenceMs: 200 });
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  assert.ok(startOf(downloads(server)[1]!.range) > 0);
});

test('a connection that breaks again and again ends in an error, and the next call takes up what there is', async (t) => {
  const { server, settings } = await setUp(t);
  server.cut('model.safetensors', 300_000, 3);
  await assert.rejects(fetchFromHub({ id: ID, files: FILES }, { ...settings, pausesMs: [0, 0] }), hasCode('HUB_UNREACHABLE', /kept/));
  assert.equal(downloads(server).length, 3);
  const { folder } = await fetchFromHub({ id: ID, files: FILES }, settings);
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  assert.ok(startOf(downloads(server)[3]!.range) > 300_000);
  assert.ok(sentBytes(server) < 1.5 * WEIGHTS.length);
  assert.deepEqual(await unfinished(repositoryOf(settings)), []);
});

test('what a killed process left is taken up', async (t) => {
  const { server, settings } = await setUp(t);
  const reached = server.stall('model.safetensors', HALF);
  const code = `import { fetchFromHub } from './lib/models/hub.ts';
    const onProgress = ({ file, received }) => file === 'model.safetensors' && received === ${HALF} && console.log('half');
    await fetchFromHub(${JSON.stringify({ id: ID, files: FILES })}, ${JSON.stringify(settings)}, { onProgress });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.all([reached, once(child.stdout, 'data')]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { folder } = await fetchFromHub({ id: ID, files: FILES }, settings);
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  assert.equal(downloads(server).at(-1)!.range, `bytes=${HALF}-`);
  assert.deepEqual(await unfinished(repositoryOf(settings)), []);
});

test('a hub that ignores ranges is heard from the start', async (t) => {
  const { server, settings } = await setUp(t);
  server.cut('model.safetensors', HALF);
  server.ignoresRanges = true;
  const { folder } = await fetchFromHub({ id: ID, files: FILES }, settings);
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
});

test('a rest that was damaged, or is longer than the file, is thrown away and the file downloaded once more', async (t) => {
  for (const rest of [Buffer.alloc(HALF), Buffer.alloc(WEIGHTS.length), Buffer.alloc(WEIGHTS.length + 1)]) {
    const { server, settings } = await setUp(t);
    server.cut('model.safetensors', HALF);
    await assert.rejects(fetchFromHub({ id: ID, files: FILES }, { ...settings, pausesMs: [] }));
    const [left, ...others] = await unfinished(repositoryOf(settings));
    assert.deepEqual(others, []);
    await writeFile(join(repositoryOf(settings), 'blobs', left!), rest);
    const { folder } = await fetchFromHub({ id: ID, files: FILES }, settings);
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  }
});

for (const [what, file, bytes] of [
  ['of the same length', 'model.safetensors', bytesOf(WEIGHTS.length, 1)],
  ['that go on', 'model.safetensors', Buffer.concat([WEIGHTS, Buffer.alloc(100_000)])],
  ['in a small file', 'config.json', Buffer.from(CONFIG.toString().replace('0', '7'))],
] as const) {
  test(`wrong bytes ${what} are refused, and nothing of them stays`, async (t) => {
    const { server, settings } = await setUp(t);
    server.spoil(file, bytes);
    await assert.rejects(fetchFromHub({ id: ID, files: [file] }, settings), hasCode('DOWNLOAD_CORRUPT', new RegExp(`${file}.*removed`)));
    const repository = repositoryOf(settings);
    assert.deepEqual(await readdir(repository), ['blobs']);
    assert.deepEqual(await readdir(join(repository, 'blobs')), []);
    server.spoil(file, undefined);
    const { folder } = await fetchFromHub({ id: ID, files: [file] }, settings);
    assert.deepEqual(await readFile(join(folder, file)), MODEL[file]);
  });
}

test('a hub that always gives half of a file is given up, and the half is no file', { timeout: 20_000 }, async (t) => {
  const { server, settings } = await setUp(t);
  server.spoil('model.safetensors', WEIGHTS.subarray(0, HALF));
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, settings),
    hasCode('HUB_UNREACHABLE', /broke off after 1500000 of 3000000|does not give the rest/),
  );
  assert.ok(downloads(server).length <= 2 * (1 + settings.pausesMs.length));
  const repository = repositoryOf(settings);
  assert.deepEqual(await readdir(join(repository, 'snapshots', server.publish(ID, MODEL))), ['config.json']);
});

for (const [what, headers, code, message] of [
  ['of a terabyte', { 'x-linked-etag': sha256(WEIGHTS), 'x-linked-size': String(2 ** 50) }, 'DISK_FULL', /1125899907 MB/],
  ['with a path as ETag', { 'x-linked-etag': '"../../../../escaped"', 'x-linked-size': '3' }, 'DOWNLOAD_CORRUPT', /escaped.*SHA-256/],
  ['without a size', { 'x-linked-etag': sha256(WEIGHTS), 'x-linked-size': 'many' }, 'DOWNLOAD_CORRUPT', /size NaN/],
] as const) {
  test(`an announcement ${what} is refused before a byte is asked for`, async (t) => {
    const { server, settings } = await setUp(t);
    server.answerWith('/model.safetensors', { status: 302, headers: { ...headers, location: '/nowhere' } });
    await assert.rejects(fetchFromHub({ id: ID, files: FILES }, settings), hasCode(code, message));
    assert.deepEqual(downloads(server), []);
  });
}

test('with the hub gone the same load works and says so; offline, or for a commit, no request is made', async (t) => {
  const { server, settings } = await setUp(t);
  const first = await fetchFromHub({ id: ID, files: FILES }, settings);
  await fetchFromHub({ id: ID, files: FILES }, settings);
  server.requests.length = 0;

  const warnings: string[] = [];
  const hooks: HubHooks = { warn: (message) => warnings.push(message) };
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES, revision: first.commit }, settings, hooks), first);
  assert.deepEqual(warnings, []);
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true }, hooks), first);
  assert.match(warnings.pop()!, /HF_HUB_OFFLINE is set; using the commit/);
  assert.deepEqual(server.requests, []);

  await server.close();
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, settings, hooks), first);
  assert.match(warnings.pop()!, /ECONNREFUSED.*using the commit/);
  assert.deepEqual(warnings, []);
});

test('a model that is cached is asked for once: a revision may have moved', async (t) => {
  const { server, settings } = await setUp(t);
  const first = await fetchFromHub({ id: ID, files: FILES }, settings);
  server.requests.length = 0;
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, settings), first);
  assert.deepEqual(
    server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    [`GET /api/models/${ID}/revision/main`],
  );
});

test('without hub and cache, an error says which address, which cache and which model', async (t) => {
  const { server, settings } = await setUp(t);
  await server.close();
  const says = (...parts: readonly string[]) => hasCode('HUB_UNREACHABLE', new RegExp(parts.map((part) => part.replaceAll(/[.$^]/g, '\\$&')).join('.*')));
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, settings),
    says(ID, 'main', server.endpoint, 'ECONNREFUSED', settings.cache, ...FILES, 'HF_ENDPOINT'),
  );
  const offline = fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true });
  await assert.rejects(offline, says(ID, 'HF_HUB_OFFLINE is set', settings.cache, ...FILES, 'unset HF_HUB_OFFLINE', server.endpoint));
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, { ...settings, endpoint: 'hf-mirror.com' }),
    hasCode('COMMAND_INVALID', /"hf-mirror\.com".*https:\/\//),
  );
  assert.deepEqual(await readdir(settings.cache).catch(() => []), []);
});

test('a token that cannot be one is refused without being repeated', async (t) => {
  const { settings } = await setUp(t);
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, { ...settings, token: 'hf_secret\nhf_more' }),
    (error: Error) => hasCode('COMMAND_INVALID', /HF_TOKEN/)(error) && !error.message.includes('secret'),
  );
});

test('a cache that cannot be written is told with its variable', async (t) => {
  const { settings } = await setUp(t);
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, { ...settings, cache: '/dev/null/x' }),
    hasCode('COMMAND_INVALID', /\/dev\/null\/x cannot be written.*HF_HUB_CACHE/),
  );
});

test('a new commit is fetched anew, with the files that changed; the old snapshot stays', async (t) => {
  const { server, settings } = await setUp(t);
  const old = await fetchFromHub({ id: ID, files: FILES }, settings);
  const weights = bytesOf(100_000, 2);
  server.publish(ID, { ...MODEL, 'model.safetensors': weights });
  server.requests.length = 0;
  const newer = await fetchFromHub({ id: ID, files: FILES }, settings);
  assert.deepEqual(await readFile(join(newer.folder, 'model.safetensors')), weights);
  assert.deepEqual(await readFile(join(newer.folder, 'config.json')), CONFIG);
  assert.deepEqual(await readFile(join(old.folder, 'model.safetensors')), WEIGHTS);
  assert.equal(sentBytes(server), weights.length);
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true }), newer);
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES, revision: old.commit }, { ...settings, isOffline: true }), old);
});

test('a new commit that cannot be had leaves the old one in use', async (t) => {
  const { server, settings } = await setUp(t);
  const old = await fetchFromHub({ id: ID, files: FILES }, settings);
  server.publish(ID, { ...MODEL, 'model.safetensors': bytesOf(100_000, 2) });
  server.answerWith('/model.safetensors', { status: 503 });
  const warnings: string[] = [];
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, settings, { warn: (message) => warnings.push(message) }), old);
  assert.match(warnings.join(), /answers 503; using the commit/);
  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true }), old);
});

/** The layout that `hf_hub_download` of huggingface_hub 2.4.0 leaves, which was also run against this hub server. */
test('a cache that Python has written is read without a request', async (t) => {
  const { server, settings } = await setUp(t);
  const commit = '607a30d783dfa663caf39e06633721c8d4cfcd7e';
  const repository = repositoryOf(settings);
  const folder = join(repository, 'snapshots', commit);
  const shared = join(settings.cache, 'blobs/ab'); // huggingface_hub 2.4 keeps files of the xet storage once per cache
  for (const made of ['refs', 'blobs', `snapshots/${commit}`]) await mkdir(join(repository, made), { recursive: true });
  await mkdir(shared, { recursive: true });
  await writeFile(join(repository, 'refs/main'), commit);
  await writeFile(join(repository, 'blobs', gitDigest(CONFIG)), CONFIG);
  await writeFile(join(shared, `ab${'0'.repeat(62)}`), WEIGHTS);
  await symlink(`../../blobs/ab/ab${'0'.repeat(62)}`, join(repository, 'blobs', sha256(WEIGHTS)));
  await symlink(`../../blobs/${gitDigest(CONFIG)}`, join(folder, 'config.json'));
  await symlink(`../../blobs/${sha256(WEIGHTS)}`, join(folder, 'model.safetensors'));

  assert.deepEqual(await fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true }), { folder, commit });
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  await rm(join(shared, `ab${'0'.repeat(62)}`)); // a link to nothing is no file
  await assert.rejects(fetchFromHub({ id: ID, files: FILES }, { ...settings, isOffline: true }), hasCode('HUB_UNREACHABLE', /does not hold/));
  assert.deepEqual(server.requests, []);
});

for (const [id, revision, file] of [
  ['../x', 'main', 'config.json'],
  ['timm/..', 'main', 'config.json'],
  ['/etc/passwd', 'main', 'config.json'],
  ['timm', 'main', 'config.json'],
  ['timm/a/b', 'main', 'config.json'],
  ['timm\\a', 'main', 'config.json'],
  ['timm/a--b', 'main', 'config.json'],
  ['timm/a?b', 'main', 'config.json'],
  ['timm/a\n', 'main', 'config.json'],
  ['', 'main', 'config.json'],
  ['timm/x', '../../x', 'config.json'],
  ['timm/x', '/x', 'config.json'],
  ['timm/x', 'a//b', 'config.json'],
  ['timm/x', '', 'config.json'],
  ['timm/x', 'C:', 'config.json'],
  ['timm/x', 'main', '../config.json'],
  ['timm/x', 'main', 'a/../../config.json'],
  ['timm/x', 'main', '/etc/passwd'],
  ['timm/x', 'main', 'a\\b'],
  ['timm/x', 'main', './config.json'],
  ['timm/x', 'main', 'C:x'],
] as const) {
  test(`${JSON.stringify([id, revision, file])} is refused without a request`, async (t) => {
    const { server, settings } = await setUp(t);
    await assert.rejects(fetchFromHub({ id, revision, files: [file] }, settings), hasCode('MODEL_UNKNOWN', /allowed is/));
    assert.deepEqual(server.requests, []);
    await assert.rejects(readdir(settings.cache), { code: 'ENOENT' });
  });
}

test('weights that are a pickle only are refused with the reason and the way out', async (t) => {
  const { server, settings } = await setUp(t);
  const { 'model.safetensors': _, ...others } = MODEL;
  server.publish(ID, { ...others, 'pytorch_model.bin': WEIGHTS });
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, settings),
    hasCode('MODEL_UNAVAILABLE', /pytorch_model\.bin only, a pickle.*any code.*save_for_hf.*local-dir:/),
  );
  assert.deepEqual(downloads(server), []);
  server.publish(ID, others);
  await assert.rejects(
    fetchFromHub({ id: ID, files: FILES }, settings),
    hasCode('MODEL_UNAVAILABLE', /has no model\.safetensors, but README\.md, config\.json/),
  );
});

for (const [status, errorCode, code, message] of [
  [401, undefined, 'MODEL_UNAVAILABLE', /set HF_TOKEN/],
  [401, 'GatedRepo', 'MODEL_UNAVAILABLE', /gated · accept its licence at http.*timm.*HF_TOKEN/],
  [403, 'GatedRepo', 'MODEL_UNAVAILABLE', /gated/],
  [403, undefined, 'MODEL_UNAVAILABLE', /licence.*HF_TOKEN/],
  [404, 'RepoNotFound', 'MODEL_UNAVAILABLE', /no such model/],
  [404, 'RevisionNotFound', 'MODEL_UNAVAILABLE', /no such revision/],
  [404, undefined, 'MODEL_UNAVAILABLE', /does not exist/],
  [400, undefined, 'MODEL_UNAVAILABLE', /HF_ENDPOINT/],
  [429, undefined, 'HUB_UNREACHABLE', /too many requests.*HF_TOKEN/],
  [500, undefined, 'HUB_UNREACHABLE', /answers 500/],
  [503, undefined, 'HUB_UNREACHABLE', /answers 503/],
] as const) {
  test(`an answer of ${status} ${errorCode ?? ''} says what to do, and is ${code === 'HUB_UNREACHABLE' ? '' : 'not '}tried again`, async (t) => {
    const { server, settings } = await setUp(t);
    server.answerWith('/api/models', { status, headers: errorCode === undefined ? {} : { 'x-error-code': errorCode } });
    await assert.rejects(fetchFromHub({ id: ID, files: FILES }, settings), hasCode(code, message));
    assert.equal(server.requests.length, code === 'HUB_UNREACHABLE' ? 1 + settings.pausesMs.length : 1);
  });
}

for (const [what, answer, code, message] of [
  ['a page for people', { status: 200, body: '<html>Please log in</html>' }, 'HUB_UNREACHABLE', /no JSON/],
  ['null', { status: 200, body: 'null' }, 'HUB_UNREACHABLE', /does not answer as a hub does/],
  [
    'a commit that is a path',
    { status: 200, body: '{ "id": "x", "sha": "../../escaped", "siblings": [] }' },
    'MODEL_UNAVAILABLE',
    /escaped.*not by its commit/,
  ],
  ['a redirection to a file', { status: 302, headers: { location: 'file:///etc/passwd' } }, 'HUB_UNREACHABLE', /redirects to a file: address/],
  ['a redirection to itself', { status: 302, headers: { location: '/api/models' } }, 'HUB_UNREACHABLE', /redirects more than 5 times/],
] as const) {
  test(`a hub that answers ${what} is no hub`, async (t) => {
    const { server, settings } = await setUp(t);
    server.answerWith('/api/models', answer);
    await assert.rejects(fetchFromHub({ id: ID, files: FILES }, { ...settings, pausesMs: [] }), hasCode(code, message));
    assert.deepEqual(await readdir(settings.cache).catch(() => []), []);
  });
}

test('two that download the same at once both get it, and the slower leaves nothing behind', async (t) => {
  const { server, settings } = await setUp(t);
  const reached = server.stall('model.safetensors', HALF);
  const giveUp = new AbortController();
  const slow = fetchFromHub({ id: ID, files: FILES }, settings, { signal: giveUp.signal });
  await reached;
  const results = await Promise.all([1, 2].map(() => fetchFromHub({ id: ID, files: FILES }, settings)));
  for (const { folder } of results) assert.deepEqual(await readFile(join(folder, 'model.safetensors')), WEIGHTS);
  giveUp.abort();
  await assert.rejects(slow, { name: 'AbortError' });
  assert.deepEqual(await readFile(join(results[0]!.folder, 'model.safetensors')), WEIGHTS);
  assert.deepEqual(await unfinished(repositoryOf(settings)), []);
});

test('who gives up gets the reason, not the cache', async (t) => {
  const { settings } = await setUp(t);
  await fetchFromHub({ id: ID, files: FILES }, settings);
  await assert.rejects(fetchFromHub({ id: ID, files: FILES }, settings, { signal: AbortSignal.abort(new Error('enough')) }), /^Error: enough$/);
});

async function setUp(t: TestContext, options: { token?: string } = {}): Promise<{ server: HubServer; settings: HubSettings }> {
  const server = await startHubServer({ models: { [ID]: MODEL }, ...options });
  t.after(() => server.close());
  const home = await mkdtemp(join(tmpdir(), 'hub-'));
  folders.push(home);
  return { server, settings: { ...hubSettings({ HF_ENDPOINT: server.endpoint, HF_HOME: home }, home), pausesMs: [0, 0, 0] } };
}

function repositoryOf({ cache }: HubSettings): string {
  return join(cache, 'models--timm--tf_efficientnet_b0.ns_jft_in1k');
}

/** Noise that is another for each `which`. */
function bytesOf(length: number, which = 0): Buffer {
  let state = (which * 2_654_435_761 + 1) >>> 0;
  return Buffer.from(Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24));
}

/** Requests that asked for the bytes of large files. */
function downloads(server: HubServer): readonly { readonly range: string | undefined }[] {
  return server.requests.filter(({ host }) => host === 'storage');
}

function sentBytes(server: HubServer): number {
  return server.requests.reduce((sum, { sent }) => sum + sent, 0);
}

function startOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
}

async function unfinished(repository: string): Promise<readonly string[]> {
  return (await readdir(join(repository, 'blobs'))).filter((name) => name.includes('incomplete'));
}

function hasCode(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as { code?: unknown }).code, code, String(error));
    assert.match((error as Error).message, message);
    return true;
  };
}
