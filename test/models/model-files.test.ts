import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PipelineError } from '../../lib/errors.js';
import { ownConfig } from '../../lib/models/config.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { pipelineModels } from '../../lib/models/pipeline-models.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { CONFIG_FILE, loadModel, saveModel, WEIGHTS_FILE } from '../../lib/models/weights.js';

const network = outlineNetwork('efficientnet_t0', { classes: 3, channels: 1 });

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'model-files-'));
  const config = ownConfig(network, { labels: ['a', 'b', 'c'], size: 28, mean: [0.5], std: [0.25], tag: 'test', noisyStudent: {} });
  await saveModel(path.join(folder, 'saved'), network, initialiseFrom(network, { seed: 1, generation: 0 }), config);
  await writeFile(path.join(folder, 'secret'), 'root:x:0:0');
});
after(() => rm(folder, { recursive: true }));

/** What may stand where a file of a model should. */
const PLACES = {
  'a pipe': [(file) => void execFileSync('mkfifo', [file]), /is a pipe, but must be a file/],
  'a folder': [(file) => mkdir(file), /is a folder, but must be a file/],
  'a device': [(file) => symlink('/dev/zero', file), /is a device or a socket, but must be a file/],
  'a link to itself': [(file) => symlink(file, file), /is a link that leads to itself/],
  'a link to nothing': [(file) => symlink('nowhere', file), /does not exist/],
  'a link out of the folder': [(file) => symlink('../secret', file), /is a link to .*secret, but the files of a model must lie in its folder/],
  nothing: [() => undefined, /does not exist; a model's folder holds/],
} as const satisfies Record<string, readonly [(file: string) => unknown, RegExp]>;

for (const name of [CONFIG_FILE, WEIGHTS_FILE]) {
  for (const [what, [put, message]] of Object.entries(PLACES)) {
    test(`${what} in the place of ${name} is refused, by who loads the folder and by who checks a pipeline`, async () => {
      const other = await changed(async (at) => {
        await rm(at(name));
        await put(at(name));
      });
      await refused(other, message);
    });
  }
}

for (const [what, spoil, message] of [
  ['600 MB', (at) => truncate(at(CONFIG_FILE), 600e6), /config\.json has 600000000 bytes, but 16777216 are the most/],
  [
    '200,000 levels of brackets',
    (at) => write(at, { deep: 'HERE' }, '"HERE"', '['.repeat(2e5) + ']'.repeat(2e5)),
    /config\.json has more than 32 levels of brackets/,
  ],
  ['a std of 0', (at) => write(at, { pretrained_cfg: { input_size: [1, 28, 28], mean: [0], std: [0] } }), /std is \[0\], but must be 1 numbers above 0/],
  ['a negative std', (at) => write(at, { pretrained_cfg: { input_size: [1, 28, 28], mean: [0], std: [-1] } }), /std is \[-1\]/],
  [
    'a crop of nearly nothing',
    (at) => write(at, { pretrained_cfg: { input_size: [1, 28, 28], mean: [0], std: [1], crop_pct: 1e-300 } }),
    /crop_pct is 1e-300, but must be a share from 0\.01 to 10/,
  ],
  ['a name that would steer a terminal', (at) => write(at, { architecture: '\u001b[2J\u009b31m' }), /no model is named "\\u001b\[2J\\u009b31m"/],
  ['a name of a million letters', (at) => write(at, { architecture: 'x'.repeat(1e6) }), /no model is named "x{100}…"/],
] as const satisfies readonly (readonly [string, (at: (file: string) => string) => Promise<unknown>, RegExp])[]) {
  test(`a config.json with ${what} is refused in few words`, async () => refused(await changed(spoil), message));
}

test('weights that end early are refused by who checks a pipeline too', async () => {
  await refused(await changed((at) => truncate(at(WEIGHTS_FILE), 10_000)), /bytes of data follow the header|the file has/);
});

test('a folder of which a part is a file is refused', async () => {
  await assert.rejects(loadModel(path.join(folder, 'secret')), { code: 'WEIGHTS_INVALID', message: /lies in a file where a folder must be/ });
});

test('links inside of the folder, and those of the cache of the hub, are followed', async () => {
  const linked = await changed(async (at) => {
    await rename(at(WEIGHTS_FILE), at('weights'));
    await symlink('weights', at(WEIGHTS_FILE));
  });
  assert.equal((await loadModel(linked)).network.name, network.name);
  const repository = path.join(folder, 'models--a--b');
  const snapshot = path.join(repository, 'snapshots', 'f'.repeat(40));
  await mkdir(snapshot, { recursive: true });
  await cp(path.join(folder, 'saved'), path.join(repository, 'blobs'), { recursive: true });
  for (const file of [CONFIG_FILE, WEIGHTS_FILE]) await symlink(`../../blobs/${file}`, path.join(snapshot, file));
  assert.equal((await loadModel(snapshot)).network.name, network.name);
});

async function refused(place: string, message: RegExp): Promise<void> {
  await assert.rejects(loadModel(place), (error: unknown) => {
    assert.ok(error instanceof PipelineError, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.length < 2000);
    return true;
  });
  const found = pipelineModels().weights(`local-dir:${place}`, ['/']);
  // The check of a pipeline looks for the config.json first, and says where it looked.
  assert.match('problem' in found ? found.problem : 'nothing was wrong', new RegExp(`${message.source}|no config\\.json is in`));
}

/** A copy of the saved folder, changed. */
async function changed(spoil: (at: (file: string) => string) => unknown): Promise<string> {
  const other = await mkdtemp(path.join(folder, 'changed-'));
  await cp(path.join(folder, 'saved'), other, { recursive: true });
  await spoil((file) => path.join(other, file));
  return other;
}

async function write(at: (file: string) => string, change: object, from = '', to = ''): Promise<void> {
  const written = JSON.parse(await readFile(at(CONFIG_FILE), 'utf8')) as object;
  await writeFile(at(CONFIG_FILE), JSON.stringify({ ...written, ...change }).replace(from, to));
}
