import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateKey, hiddenLabelsKey, importKey, labelKey, prepareKey, resizeKey, selectKey, trainKey } from '../../activities/keys.js';
import type { GenerationSpec } from '../../lib/spec/resolved.js';
import { exampleSpec } from '../workflows/spec.js';

const spec = exampleSpec();
const student = spec.generations[1]!;
const inputs = { dataset: 'dataset', selection: 'selection' };
const train = (change: Partial<GenerationSpec>, seed = 1) => trainKey(seed, { ...student, ...change }, inputs);
const trained = (change: Partial<GenerationSpec['training']>) => train({ training: { ...student.training, ...change } });

for (const [what, key, known] of [
  ['teacher', trainKey(1, spec.generations[0]!, { dataset: 'dataset', selection: null }), 'e05e42388fbc64f6a9f67fab0011840ee0af906a3b1377097a400f1cbbe18fcb'],
  ['student', train({}), '2c0dbdc7fed29b37feac75cd3d475201ea0877f18356bc9225740ee2ef3ce77b'],
  ['data set', prepareKey(spec.data, 1, 'print'), '68e8db50cc7edd90e37eaddaf2356af7701a97b3829dce2f89915cefa820c28e'],
] as const) {
  test(`what was published of a ${what} before there was fine-tuning is found again`, () => assert.equal(key, known)); // keys of the code before
}

for (const [what, key] of [
  ['the checkpoint interval', trained({ checkpointEvery: 7 })],
  ['the log interval', trained({ logEvery: 7 })],
  ['how the pool was labelled, which is in the selection', train({ labelling: { ...student.labelling, temperature: 2 } })],
  ['the name of the weights, which are in the initial model', train({ weights: 'run:another' })],
  ['the training at a larger size that follows', train({ resolution: { size: 56, epochs: 1, batch: 4, rateFactor: 0.1, freeze: null } })],
  ['what was selected, which is in the selection', train({ selection: { ...student.selection, confidence: 0.9 } })],
] as const) {
  test(`a training is found again after a change of ${what}`, () => assert.equal(key, train({})));
}

for (const [what, key] of [
  ['steps', trained({ steps: 601 })],
  ['unlabelled ratio', trained({ unlabelledRatio: 5 })],
  ['noise', train({ noise: { ...student.noise, dropout: 0.2 } })],
  ['model', train({ model: 'efficientnet_b0' })],
  ['generation', train({ index: 2 })],
  ['role', train({ role: 'baseline' })],
  ['set of frozen groups', train({ freeze: { groups: ['stem'], norms: 'frozen' } })],
  ['model to start from', trainKey(1, student, { ...inputs, initial: 'model' })],
  ['seed', train({}, 2)],
  ['images', trainKey(1, student, { ...inputs, dataset: 'other' })],
  ['selection', trainKey(1, student, { ...inputs, selection: null })],
] as const) {
  test(`another ${what} is another training`, () => assert.notEqual(key, train({})));
}

const { labelling, selection } = student;
const range = { from: 0, to: 4 };
const models = { model: 'model', dataset: 'dataset' };
const shards = { labels: ['one', 'two'], before: null, hidden: null, dataset: 'dataset' };

for (const [what, key, other] of [
  ['range is another shard', labelKey(labelling, range, models), labelKey(labelling, { from: 0, to: 5 }, models)],
  ['batch is another shard', labelKey(labelling, range, models), labelKey({ ...labelling, batch: 1 }, range, models)],
  ['teacher is another shard', labelKey(labelling, range, models), labelKey(labelling, range, { ...models, model: 'other' })],
  ['order of shards is another selection', selectKey(1, 1, selection, shards), selectKey(1, 1, selection, { ...shards, labels: ['two', 'one'] })],
  ['confidence is another selection', selectKey(1, 1, selection, shards), selectKey(1, 1, { ...selection, confidence: 0.9 }, shards)],
  ['model is another evaluation', evaluateKey(1, models), evaluateKey(1, { ...models, model: 'other' })],
  ['content is another data set', prepareKey(spec.data, 1, 'print'), prepareKey(spec.data, 1, 'other')],
  ['content is another set of weights', importKey({ config: 'one', weights: 'two' }), importKey({ config: 'one', weights: 'other' })],
  ['size is another data set', resizeKey(spec.data, 1, { fingerprint: 'print', like: 'dataset' }), prepareKey(spec.data, 1, 'print')],
  ['seed is another data set', prepareKey(spec.data, 1, 'print'), prepareKey(spec.data, 2, 'print')],
  ['phase of the same data set is another artifact', prepareKey(spec.data, 1, 'print'), hiddenLabelsKey(prepareKey(spec.data, 1, 'print'))],
] as const) {
  test(`another ${what}`, () => assert.notEqual(key, other));
}

test('the number of images per shard is in no key but through the range', () => {
  assert.equal(labelKey(labelling, range, models), labelKey({ ...labelling, shard: 99 }, range, models));
});
