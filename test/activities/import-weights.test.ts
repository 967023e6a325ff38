import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ApplicationFailure } from '@temporalio/activity';
import { importWeights, type ImportInput } from '../../activities/import-weights.js';
import { ownConfig } from '../../lib/models/config.js';
import { hubSettings } from '../../lib/models/hub.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { CONFIG_FILE, saveModel, WEIGHTS_FILE } from '../../lib/models/weights.js';
import { writeRunModels } from '../../lib/report/run-models.js';
import { startHubServer } from '../models/hub-server.js';
import { environment, freshDeps, publishFiles, run } from './support.js';

const MODEL = 'efficientnet_t0';

test('the same weights are one artifact, by whatever name they come; a changed file is another', async (t) => {
  const { deps, folder, input } = await surroundings(t);
  const first = await run(importWeights(deps), input);
  assert.deepEqual([first.reused, first.artifact.phase], [false, 'import']);
  const published = await deps.store.open(first.artifact);
  for (const file of [CONFIG_FILE, WEIGHTS_FILE]) assert.deepEqual(await readFile(join(published, file)), await readFile(join(folder, file)));

  const files = { [CONFIG_FILE]: await readFile(join(folder, CONFIG_FILE)), [WEIGHTS_FILE]: await readFile(join(folder, WEIGHTS_FILE)) };
  const train = await publishFiles(deps.store, 'train', 'e'.repeat(64), files as never);
  await writeRunModels(deps.home, 'earlier', { dataset: train, generations: [{ train, selection: null, evaluation: train }], baseline: null });
  const ofARun = await run(importWeights(deps), { ...input, weights: 'run:earlier', location: null });
  assert.deepEqual([ofARun.reused, ofARun.artifact], [true, first.artifact]);
  assert.equal(ofARun.why, 'published before from the same weights');

  await save(folder, 2);
  assert.notEqual((await run(importWeights(deps), input)).artifact.key, first.artifact.key);
});

test('weights of the hub are downloaded once, and a run goes on from the cache when the hub is gone', async (t) => {
  const { deps, folder, input } = await surroundings(t);
  const files = { [CONFIG_FILE]: await readFile(join(folder, CONFIG_FILE)), [WEIGHTS_FILE]: await readFile(join(folder, WEIGHTS_FILE)) };
  const server = await startHubServer({ models: { 'somebody/clothes': files } });
  t.after(() => server.close());
  const hub = { ...hubSettings({ HF_ENDPOINT: server.endpoint, HF_HOME: join(deps.home, 'hub') }, deps.home), pausesMs: [] };
  const named = { ...input, weights: 'hf-hub:somebody/clothes', location: null };
  const { env, heartbeats } = environment();
  const first = await run(importWeights({ ...deps, hub }), named, env);
  await server.close();
  await rm(join(deps.home, 'store'), { recursive: true }); // all that was published is lost, and the network too
  const second = await run(importWeights({ ...deps, hub }), named);
  assert.deepEqual(second.artifact, first.artifact);
  assert.ok(heartbeats.every((details) => 'phase' in details && details.phase === 'import'));
});

for (const [channels, mean, std] of [
  [3, [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]],
  [1, [0.4], [0.3]],
] as const) {
  test(`images of ${channels} channels are normalised as the weights were, by their average where the channels differ`, async (t) => {
    const { deps, input } = await surroundings(t);
    const result = await run(importWeights(deps), { ...input, channels });
    for (const [found, wanted] of [
      [result.mean, mean],
      [result.std, std],
    ] as const) {
      assert.equal(found.length, channels);
      for (const [c, number] of found.entries()) assert.ok(Math.abs(number - wanted[c]!) < 1e-12);
    }
  });
}

const FAULTS: readonly [string, string, RegExp, (folder: string, input: ImportInput) => Promise<Partial<ImportInput>>][] = [
  ['of another model', 'WEIGHTS_INVALID', /weights of efficientnet_t0, but teacher\.model is efficientnet_t1/, async () => ({ model: 'efficientnet_t1' })],
  ['that are cut off', 'WEIGHTS_INVALID', /model\.safetensors/, async (folder) => (await truncate(join(folder, WEIGHTS_FILE), 5000), {})],
  ['that are not there', 'WEIGHTS_INVALID', /model\.safetensors does not exist/, async (folder) => (await rm(join(folder, WEIGHTS_FILE)), {})],
  ['without a config.json', 'WEIGHTS_INVALID', /config\.json does not exist/, async (folder) => (await rm(join(folder, CONFIG_FILE)), {})],
  ['with a number that is none', 'WEIGHTS_INVALID', /NaN/, async (folder) => (await save(folder, Number.NaN), {})],
  ['whose config.json is no JSON', 'WEIGHTS_INVALID', /config\.json/, async (folder) => (await writeFile(join(folder, CONFIG_FILE), '{'), {})],
  ['of a run that is not known', 'RUN_UNKNOWN', /no finished run "nobody"/, async () => ({ weights: 'run:nobody', location: null })],
];

for (const [what, type, message, spoil] of FAULTS) {
  test(`weights ${what} are refused and never published`, async (t) => {
    const { deps, folder, input } = await surroundings(t);
    const change = await spoil(folder, input);
    await assert.rejects(run(importWeights(deps), { ...input, ...change }), (error: ApplicationFailure) => {
      assert.deepEqual([error.type, error.nonRetryable], [type, true], error.message);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(await artifacts(deps.home), []);
  });
}

/** A fresh store, a folder with weights for colour images, and what asks for them. */
async function surroundings(t: TestContext) {
  const fresh = await freshDeps(t);
  const folder = join(fresh.home, 'mine');
  await save(folder, 1);
  const hub = hubSettings({ HF_HOME: join(fresh.home, 'hub'), HF_HUB_OFFLINE: '1' }, fresh.home);
  const input: ImportInput = { weights: 'local-dir:mine', location: folder, model: MODEL, channels: 3 };
  return { deps: { ...fresh, hub }, folder, input };
}

/** NaN makes one weight so. */
async function save(folder: string, seed: number): Promise<void> {
  const network = outlineNetwork(MODEL, { classes: 4, channels: 3 });
  const tensors = initialiseFrom(network, { seed: Number.isNaN(seed) ? 1 : seed, generation: 0 });
  if (Number.isNaN(seed)) tensors['bn1.bias']![1] = Number.NaN;
  const labels = ['a', 'b', 'c', 'd'];
  await saveModel(
    folder,
    network,
    tensors,
    ownConfig(network, { labels, size: 28, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4], tag: 'mine', noisyStudent: {} }),
  );
}

async function artifacts(home: string): Promise<string[]> {
  return readdir(join(home, 'store', 'artifacts')).catch(() => []);
}
