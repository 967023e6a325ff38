import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { saveModel } from '../../lib/models/weights.js';
import { noise, writePicture } from '../data/pictures.js';
import { startHubServer } from '../models/hub-server.js';

const COMMAND = join(import.meta.dirname, '../../cli/noisy-student.mjs');
const PICTURES = 150;

let folder: string;
let scratch: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-signals-'));
  scratch = await mkdtemp(join(tmpdir(), 'model-signals-scratch-'));
  const network = outlineNetwork('efficientnet_t0', { classes: 3, channels: 3 });
  const facts = { labels: ['a', 'b', 'c'], size: 28, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], tag: 'mine', noisyStudent: {} };
  await saveModel(join(folder, 'model'), network, initialiseFrom(network, { seed: 1, generation: 0 }), ownConfig(network, facts));
  const size = { width: 30, height: 30 };
  for (let i = 0; i < PICTURES; i++) await writePicture(join(folder, 'photos', `${i}.png`), noise(i, size), size);
});
after(async () => {
  await rm(folder, { recursive: true });
  await rm(scratch, { recursive: true });
});

/** Long enough to be interrupted: each image takes some ten milliseconds at this size. */
const LONG = ['predict', 'local-dir:model', 'photos', '--size', '512', '--batch', '2'];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends predict after the batch at hand, with code 130 and nothing left behind`, async () => {
    const command = start(LONG);
    await said(command.stdout!, /\n/);
    command.kill(signal);
    const [code, stdout] = await ended(command);
    assert.equal(code, 130);
    assert.ok(stdout.split('\n').length < PICTURES, 'it went on to the end');
    assert.deepEqual(await leftBehind(), []);
  });
}

test('a reader that goes away ends predict without an error', async () => {
  const command = start(LONG);
  await said(command.stdout!, /\n/);
  command.stdout!.destroy();
  const [code, , stderr] = await ended(command);
  assert.equal(code, 0, stderr);
  const [, done] = /^(\d+) images/m.exec(stderr) ?? [];
  assert.ok(Number(done) < PICTURES, stderr);
});

test('the process that computes ends with the one that started it', async () => {
  const command = start(LONG);
  await said(command.stdout!, /\n/);
  const children = (await readFile(`/proc/${command.pid}/task/${command.pid}/children`, 'utf8')).trim().split(' ');
  assert.equal(children.length, 1);
  command.kill('SIGKILL');
  // Its end of the pipe is closed when the last process that holds it has ended.
  const [, stdout] = await ended(command);
  assert.ok(stdout.split('\n').length < PICTURES, 'it went on to the end');
});

test('a signal ends a download, and the next command goes on with it', async () => {
  const files = Object.fromEntries(
    await Promise.all(['config.json', 'model.safetensors'].map(async (file) => [file, await readFile(join(folder, 'model', file))] as const)),
  );
  const hub = await startHubServer({ models: { 'somebody/pets': files } });
  try {
    const stalled = hub.stall('model.safetensors', 40_000);
    const settings = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(folder, 'cache'), HF_HUB_DOWNLOAD_TIMEOUT: '60' };
    const command = start(['export', 'hf-hub:somebody/pets', 'pets'], settings);
    await stalled;
    command.kill('SIGTERM');
    const [code, , stderr] = await ended(command);
    assert.equal(code, 130, stderr);
    assert.equal(await stat(join(folder, 'pets')).catch(() => 'nothing'), 'nothing');
    const again = start(['export', 'hf-hub:somebody/pets', 'pets'], settings);
    const [done, stdout, reason] = await ended(again);
    assert.deepEqual([done, stdout], [0, `${join(folder, 'pets')}\n`], reason);
    assert.ok(
      hub.requests.some(({ range }) => range !== undefined),
      'the download began again from nothing',
    );
    assert.deepEqual(await readFile(join(folder, 'pets/model.safetensors')), files['model.safetensors']);
  } finally {
    await hub.close();
  }
});

test('an exported folder may be entered as any other folder may', async () => {
  const { status, stderr } = run(['export', 'local-dir:model', 'open']);
  assert.equal(status, 0, stderr);
  assert.equal((await stat(join(folder, 'open'))).mode & 0o777, 0o777 & ~process.umask());
});

for (const [what, args, message] of [
  [
    'a table where a folder is',
    ['predict', 'local-dir:model', 'photos', '--output', 'taken.csv'],
    /the table taken\.csv cannot be written: it is there, and is no file/,
  ],
  ['a table in a folder that is not there', ['predict', 'local-dir:model', 'photos', '--output', 'no/x.csv'], /cannot be written: no is no folder/],
  ['an export into a file', ['export', 'local-dir:model', 'model/config.json/x'], /lies in .*config\.json, which is a file/],
  ['an export onto a file', ['export', 'local-dir:model', 'model/config.json'], /config\.json is a file · name another folder/],
  ['an export where no folder can be', ['export', 'local-dir:model', '/proc/x/y'], /the folder \/proc\/x cannot be made \(ENOENT\)/],
  ['an export onto a link', ['export', 'local-dir:model', 'dangling'], /dangling is a link, over which nothing is written/],
  ['an export with an endless name', ['export', 'local-dir:model', 'x'.repeat(300)], /has a name that is too long/],
  ['a pipe for an image', ['predict', 'local-dir:model', 'pipe.png'], /"pipe\.png" is a pipe, a device or a socket/],
  ['an architecture without weights', ['predict', 'efficientnet_t0', 'photos'], /MODEL_UNKNOWN no weights of efficientnet_t0 were published/],
  ['images that no memory holds', ['predict', 'local-dir:model', 'photos/1.png', '--size', '1000000'], /inputSize is \[3,1000000,1000000\], but must be/],
  ['a folder without its prefix', ['predict', 'model', 'photos'], /no model is named "model".*local-dir:FOLDER/],
] as const) {
  test(`${what} is refused before any work`, async () => {
    spawnSync('sh', ['-c', 'mkdir -p taken.csv && (test -e pipe.png || mkfifo pipe.png) && ln -sfn nowhere dangling'], { cwd: folder });
    const { status, stdout, stderr } = run(args);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /images\/s/);
  });
}

test('more images for each pass than there are is no error', () => {
  const { status, stdout, stderr } = run(['predict', 'local-dir:model', 'photos/1.png', '--batch', '1000000']);
  assert.deepEqual([status, stdout.split('\n').length], [0, 2], stderr);
});

for (const args of [['models'], ['predict', 'local-dir:model', 'photos/1.png']]) {
  test(`${args[0]} onto a full disk says so in one line`, () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    assert.equal(status, 1);
    assert.match(stderr, /^DISK_FULL .*ENOSPC/m);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}

test('a card is not copied from outside of the folder of the model', async () => {
  run(['export', 'local-dir:model', 'carded']);
  await rm(join(folder, 'carded/README.md'));
  await writeFile(join(folder, 'secret'), 'secret');
  spawnSync('ln', ['-s', '../secret', join(folder, 'carded/README.md')]);
  const { status, stderr } = run(['export', 'local-dir:carded', 'copy']);
  assert.equal(status, 2);
  assert.match(stderr, /README\.md is a link to .*secret, but the files of a model must lie in its folder/);
});

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: scratch, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function run(args: readonly string[]) {
  return spawnSync(process.execPath, [COMMAND, ...args], { cwd: folder, encoding: 'utf8' });
}

/** Resolves once a stream has said what is waited for; what it said stays to be read. */
function said(stream: NodeJS.ReadableStream, what: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += String(chunk);
      if (what.test(text)) resolve();
    };
    stream.on('data', look);
    stream.once('end', () => reject(new Error(`it ended without ${what}: ${text}`)));
  });
}

/** Exit code, and what came on stdout and stderr from now on. */
function ended(command: ChildProcess): Promise<[number | null, string, string]> {
  const texts = ['', ''];
  for (const [i, stream] of [command.stdout!, command.stderr!].entries()) stream.on('data', (chunk: Buffer) => (texts[i] += String(chunk)));
  return new Promise((resolve) => command.once('close', (code) => resolve([code, texts[0]!, texts[1]!])));
}

async function leftBehind(): Promise<string[]> {
  return (await readdir(scratch)).filter((name) => name.startsWith('noisy-student-'));
}
