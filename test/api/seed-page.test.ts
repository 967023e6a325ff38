import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fetchFromHub, hubSettings } from '../../lib/models/hub.js';
import { madeUpModel } from '../models/made-up-model.js';
import { writePicture, noise } from '../data/pictures.js';
import { startHubServer } from '../models/hub-server.js';
import { installPackage } from '../tensor/installed-package.js';

/** What timm's page of the Noisy Student models shows, for a program that has only installed the package. */
const PAGE = `
import { createModel, createTransform, openImage, resolveDataConfig, tf, topK } from 'noisy-student';
const model = await createModel('tf_efficientnet_b0_ns', { pretrained: true });
const transform = createTransform(resolveDataConfig({}, { model }));
const tensor = tf.expandDims(transform(await openImage('dog.png')), 0);
const probabilities = tf.softmax(model.forward(tensor)).dataSync();
console.log(probabilities.length, Math.abs(1 - probabilities.reduce((sum, value) => sum + value)) < 1e-5);
const top5 = topK(probabilities, 5);
console.log(top5.length, top5.every(({ index }) => typeof model.labels[index] === 'string'), model.labels[258]);
console.log(model.forwardFeatures(tensor).shape.join(), model.resetClassifier(7).forward(tensor).shape.join());
`;

test("the examples of timm's page run in an empty folder, with Node.js alone and the network off", async () => {
  const cache = mkdtempSync(join(tmpdir(), 'noisy-student-cache-'));
  after(() => rmSync(cache, { recursive: true }));
  const id = 'timm/tf_efficientnet_b0.ns_jft_in1k';
  const hub = await startHubServer({ models: { [id]: await madeUpModel('tf_efficientnet_b0.ns_jft_in1k') } });
  await fetchFromHub({ id, files: ['config.json', 'model.safetensors'] }, hubSettings({ HF_HOME: cache, HF_ENDPOINT: hub.endpoint }, cache));
  await hub.close();

  Object.assign(process.env, { HF_HOME: cache, HF_HUB_OFFLINE: '1' }); // of this test file's own process, for the program it starts
  const { folder, run } = installPackage();
  const size = { width: 320, height: 240 };
  await writePicture(join(folder, 'dog.png'), noise(1, size), size);
  assert.equal(run('page.mjs', PAGE), ['1000 true', '5 true Samoyed, Samoyede', '1,7,7,1280 1,7', ''].join('\n'));
});
