import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownConfig } from '../../lib/models/config.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { cardForFormat, modelCard } from '../../lib/report/model-card.js';
import { summarise, type GenerationSummary, type Summary } from '../../lib/report/summary.js';
import { withRun } from './run-folders.js';

const network = outlineNetwork('efficientnet_t1', { classes: 10, channels: 1 });
const labels = Array.from({ length: 10 }, (_, i) => `class ${i}`);
const config = ownConfig(network, { labels, size: 28, mean: [0.5], std: [0.25], tag: 'generation-2', noisyStudent: {} });

test('a card tells every generation before its own, the data, the scores and the noise', async () => {
  const summary = await withRun({}, summarise);
  const card = cardOf(summary, summary.generations[2]!);
  const [, lineage] = /## Lineage\n([^]*?)\n\n##/.exec(card) ?? [];
  assert.deepEqual([...lineage!.matchAll(/^\| (Teacher|Student \d)/gm)].map(([, title]) => title), ['Teacher', 'Student 1', 'Student 2']); // prettier-ignore
  for (const part of ['Prepared data set `abc`', '## Scores', '| Baseline | test |', '## Noise', '| RandAugment | 1 operations of magnitude 4']) {
    assert.ok(card.includes(part), `${part} is not in\n${card}`);
  }
});

test('a card tells the weights that a teacher started from, what was frozen, and the training at a larger size with its own digest', async () => {
  const summary = await withRun({}, summarise);
  const teacher = summary.generations[0]!;
  const tuned: GenerationSummary = {
    ...teacher,
    generation: {
      ...teacher.generation,
      weights: 'hf-hub:somebody/pets',
      freeze: { groups: ['stem'], norms: 'frozen' },
      resolution: { size: 64, epochs: 2, batch: 8, rateFactor: 0.1, freeze: null },
    },
    fineTuning: { training: { ...teacher.training, steps: 77, weightsSha256: 'f'.repeat(64) }, metrics: [] },
  };
  const card = cardOf({ ...summary, generations: [tuned, ...summary.generations.slice(1)] }, tuned);
  assert.match(card, new RegExp(`\\| Teacher \\| \\w+ \\| 800 \\| [\\d,]+ \\| \`${teacher.training.weightsSha256}\``));
  assert.match(card, /\| Teacher, at 64 px \| \w+ \| 77 \| [\d,]+ \| `f{64}`/);
  assert.match(
    card,
    /- Teacher: It started from the weights hf-hub:somebody\/pets, and kept stem as it was, batch norms included\. Then it was trained at 64 × 64 pixels/,
  );
});

test('the baseline has no generation before it', async () => {
  const summary = await withRun({}, summarise);
  const card = cardOf(summary, summary.baseline!);
  assert.doesNotMatch(card, /^\| (Teacher|Student)/m);
});

for (const [name, timm] of [
  ['efficientnet_t1', /timm has no architecture of this name: .*\(`export --format saved-model`/],
  ['tf_efficientnet_b0', /library_name: timm[^]*timm\.create_model\('local-dir:\.', pretrained=True\)/],
] as const) {
  test(`a card of ${name} speaks of its own format, and of another when it goes there and back`, () => {
    const other = { network: outlineNetwork(name, { classes: 10, channels: 1 }), config };
    const input = { ...other, weightsSha256: 'a'.repeat(64), origin: null };
    const [here, there] = [modelCard({ ...input, format: 'timm' }), modelCard({ ...input, format: 'saved-model' })];
    assert.match(here, timm);
    assert.doesNotMatch(here, /saved_model\.load/);
    assert.doesNotMatch(there, timm);
    assert.ok(there.includes("tf.saved_model.load('.')") && there.includes('tf.zeros([1, 28, 28, 1])'));
    for (const card of [here, there]) assert.doesNotMatch(card, /FOLDER|SHAPE/);
    assert.deepEqual([cardForFormat(here, other, 'saved-model'), cardForFormat(there, other, 'timm')], [there, here]);
    assert.equal(cardForFormat(here, other, 'timm'), here);
    assert.equal(cardForFormat('# Somebody wrote this', other, 'saved-model'), '# Somebody wrote this');
  });
}

function cardOf(summary: Summary, generation: GenerationSummary): string {
  return modelCard({ network, config, format: 'timm', weightsSha256: 'a'.repeat(64), origin: { summary, dataset: 'abc', generation } });
}
