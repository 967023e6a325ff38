import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classNames, imageNetClasses, softmax, topK } from '../../lib/models/class-names.js';

test('ImageNet-1k has 1000 classes in the order of their synsets', () => {
  const classes = imageNetClasses();
  const synsets = classes.map(({ synset }) => synset);
  assert.equal(classes.length, 1000);
  assert.deepEqual(synsets, [...new Set(synsets)].sort());
  for (const { synset, name } of classes) assert.match(`${synset} ${name}`, /^n\d{8} \S.*\S$/);
});

/** timm 1.0.31, ImageNetInfo('imagenet-1k').index_to_description; 258 is the dog of timm's page. */
const KNOWN = [
  [0, 'n01440764', 'tench, Tinca tinca'],
  [258, 'n02111889', 'Samoyed, Samoyede'],
  [259, 'n02112018', 'Pomeranian'],
  [261, 'n02112350', 'keeshond'],
  [270, 'n02114548', 'white wolf, Arctic wolf, Canis lupus tundrarum'],
  [999, 'n15075141', 'toilet tissue, toilet paper, bathroom tissue'],
] as const;

for (const [index, synset, name] of KNOWN) {
  test(`class ${index} is ${name}`, () => assert.deepEqual(imageNetClasses()[index], { synset, name }));
}

test('without labels exactly 1000 logits are ImageNet-1k, and any other number has no names', () => {
  assert.deepEqual([classNames({ classes: 1000 })[258], classNames({ classes: 1000 }).length], ['Samoyed, Samoyede', 1000]);
  assert.deepEqual(classNames({ labels: null, descriptions: null, classes: 2 }), ['<unmapped:0>', '<unmapped:1>']);
  assert.equal(classNames({ classes: 1001 })[258], '<unmapped:258>');
});

test('labels of the config come first, described where it describes them', () => {
  const descriptions = { n1: 'tench', n3: 'not a class' };
  assert.deepEqual(classNames({ labels: ['n1', 'n2'], descriptions, classes: 2 }), ['tench', 'n2']);
  assert.deepEqual(classNames({ labels: ['cat', null, 'dog', 'one too many'], classes: 3 }), ['cat', '<unmapped:1>', 'dog']);
  assert.equal(classNames({ labels: ['cat'], classes: 1000 })[999], '<unmapped:999>');
  assert.deepEqual(classNames({ labels: ['toString', '__proto__'], descriptions: {}, classes: 2 }), ['toString', '__proto__']);
});

test('labels may be a table from class number to name, with gaps', () => {
  assert.deepEqual(classNames({ labels: { '2': 'dog', '0': 'cat', '7': 'beyond' }, classes: 3 }), ['cat', '<unmapped:1>', 'dog']);
  for (const key of ['-1', '01', '1.5', 'cat', '']) {
    assert.throws(() => classNames({ labels: { [key]: 'x' }, classes: 3 }), { code: 'WEIGHTS_INVALID', message: new RegExp(`label_names: "${key}"`) });
  }
});

test('topK gives the likeliest first, equals by their number, and no more than there are', () => {
  const probabilities = Float32Array.of(0.125, 0.5, 0.125, 0.25);
  assert.deepEqual(topK(probabilities, 3), [
    { index: 1, probability: 0.5 },
    { index: 3, probability: 0.25 },
    { index: 0, probability: 0.125 },
  ]);
  assert.deepEqual(
    topK(probabilities, 99).map(({ index }) => index),
    [1, 3, 0, 2],
  );
  for (const k of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => topK(probabilities, k), { code: 'COMMAND_INVALID' });
  assert.deepEqual(topK([0.25, 0.75], 1), [{ index: 1, probability: 0.75 }]);
});

for (const [what, values, k, message] of [
  ['a tensor', { shape: [2], dataSync: () => [] }, 1, /topK takes an array of numbers, but was given a tensor · tensor\.dataSync\(\)/],
  ['a batch', [[0.5, 0.5]], 1, /was given \[\[0\.5,0\.5\]\] · it takes the row of one image/],
  ['nothing', undefined, 1, /was given undefined/],
  ['no k', [0.5, 0.5], undefined, /k is undefined, but must be a whole number from 1, as in topK\(probabilities, 5\)/],
] as const) {
  test(`topK of ${what} is refused with the remedy`, () => {
    assert.throws(() => topK(values as never, k!), { code: 'COMMAND_INVALID', message });
  });
}

test('softmax sums to 1 and does not overflow', () => {
  assert.deepEqual([...softmax(Float32Array.of(0, Math.log(3)))], [0.25, 0.75]);
  assert.deepEqual([...softmax(Float32Array.of(1000, 1000, -1000))], [0.5, 0.5, 0]);
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1, maxLength: 100, noNaN: true, noDefaultInfinity: true }), (logits) => {
      assert.ok(Math.abs(softmax(logits).reduce((a, b) => a + b, 0) - 1) < 1e-5);
    }),
  );
});
