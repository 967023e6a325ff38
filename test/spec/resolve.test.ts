import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { canonicalJson, digest } from '../../lib/spec/digest.js';
import { loadSpec, type LoadedSpec } from '../../lib/spec/load.js';
import { parse } from '../../lib/spec/parse.js';
import { resolve } from '../../lib/spec/resolve.js';
import type { Pipeline } from '../../lib/spec/types.js';
import { dataFolder, MINIMAL, MODELS } from './fixture.js';
import { OP_NAMES, type OpName } from '../../lib/noise/ops.js';
import type { ResolvedSpec } from '../../lib/spec/resolved.js';

const data = dataFolder();
after(() => data.remove());
const minimal = parse(MINIMAL).value as Pipeline;

test('a minimal spec gets every default', () => {
  const { generations, baseline, ...rest } = resolve(minimal);
  const training = {
    steps: 600,
    batch: 32,
    unlabelledRatio: 4,
    unlabelledWeight: 1,
    ema: 0.99,
    labelSmoothing: 0,
    checkpointEvery: 100,
    logEvery: 10,
    optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 },
    schedule: { name: 'cosine', rate: 0.015, warmupSteps: 50 },
  };
  const blocks = {
    noise: {
      randAugment: { dialect: 'timm', ops: 1, magnitude: 4, spread: 'uniform', probability: 1, increasing: true, transforms: 'all' },
      crop: { pad: 1 },
      flip: 'horizontal',
      dropout: 0.1,
      survival: 0.9,
    },
    training,
    labelling: { labels: 'soft', temperature: 1, batch: 'auto', shard: 4096 },
    selection: { confidence: 0.5, perClass: null, balance: 'duplicate' },
  };
  const train = { format: 'idx', path: 'fashion-mnist/train' };
  assert.deepEqual(rest, {
    version: 1,
    name: 'minimal',
    seed: 1,
    data: {
      image: { size: 28, channels: 1, mean: null, std: null },
      labelled: { ...train, perClass: 50 },
      validation: { ...train, perClass: 200 },
      unlabelled: { ...train, perClass: null },
      test: { format: 'idx', path: 'fashion-mnist/test', perClass: null },
      corruptShare: 0.01,
    },
  });
  assert.deepEqual(generations, [
    { index: 0, role: 'teacher', model: 'efficientnet_t0', ...blocks, training: { ...training, unlabelledRatio: 0 } },
    { index: 1, role: 'student', model: 'efficientnet_t1', ...blocks },
  ]);
  assert.deepEqual(baseline, { index: 1, role: 'baseline', model: 'efficientnet_t1', ...blocks, training: { ...training, batch: 160, unlabelledRatio: 0 } });
});

test('a generation inherits what it does not say itself, key by key', () => {
  const spec = resolve(
    withKeys({
      noise: { dropout: 0.3, randAugment: { ops: 2, magnitude: 9 }, crop: { pad: 3 } },
      teacher: { model: 'efficientnet_t0', noise: { randAugment: { magnitude: 5 } }, training: { steps: 70 } },
      students: [{ model: 'efficientnet_t1', noise: { randAugment: 'none', survival: 0.5 }, selection: { confidence: 0.9 }, labelling: { labels: 'hard' } }],
      training: { steps: 200, ema: 0.5 },
    }),
  );
  const [teacher, student] = spec.generations;
  assert.equal(teacher?.noise.randAugment?.ops, 2);
  assert.equal(teacher.noise.randAugment.magnitude, 5);
  assert.deepEqual(student?.noise, { randAugment: null, crop: { pad: 3 }, flip: 'horizontal', dropout: 0.3, survival: 0.5 });
  assert.deepEqual([teacher.training.steps, student.training.steps, teacher.training.ema], [70, 200, 0.5]);
  assert.deepEqual([student.selection.confidence, teacher.selection.confidence, student.labelling.labels], [0.9, 0.5, 'hard']);
});

test('a list of transforms stands in one order, and the list of all is all', () => {
  const transformsOf = (transforms: OpName[]) => resolve(withKeys({ noise: { randAugment: { transforms } } })).generations[1]?.noise.randAugment?.transforms;
  assert.deepEqual(transformsOf(['ShearY', 'AutoContrast', 'Rotate']), ['AutoContrast', 'Rotate', 'ShearY']);
  assert.equal(transformsOf([...OP_NAMES].reverse()), 'all'); // which says, too, that the schema lists what the code has
});

test('an optimiser or schedule of another name replaces, of the same name it merges', () => {
  const general: Pipeline['training'] = {
    optimiser: { name: 'adamw', beta2: 0.95, weightDecay: 0.3 },
    schedule: { name: 'cosine', rate: 0.5, warmupSteps: 7 },
  };
  const own: Pipeline['training'] = { optimiser: { name: 'adamw', weightDecay: 0.4 }, schedule: { name: 'exponential', decay: 0.5 } };
  const { optimiser, schedule } = resolve(withKeys({ training: general, students: [{ model: 'm', training: own }] })).generations[1]?.training ?? {};
  assert.deepEqual(optimiser, { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-7, weightDecay: 0.4 });
  assert.deepEqual(schedule, { name: 'exponential', rate: 0.015, warmupSteps: 50, decay: 0.5, everySteps: 4 });
});

test('the baseline sees as many images in a step as the last student, all of them labelled', () => {
  const students = [
    { model: 'efficientnet_t1' },
    { model: 'efficientnet_b0', noise: { dropout: 0.4 }, training: { steps: 300, batch: 10, unlabelledRatio: 2.25 } },
  ];
  const { baseline, generations } = resolve(withKeys({ students }));
  assert.deepEqual(baseline, { ...generations[2], role: 'baseline', training: { ...generations[2]?.training, batch: 33, unlabelledRatio: 0 } });
  assert.equal(resolve(withKeys({ students, baseline: 'none' })).baseline, null);
});

test('a pipeline without the keys of fine-tuning has the digest that it had before they were there', () => {
  assert.match(valid(load(pipelineText('fashion-mnist'))).digest, /^bc7d1a09/); // as README.md names its run
});

test('weights tell the model, and what is frozen stands in the order of the layers', () => {
  const teacher = 'teacher: { weights: hf-hub:timm/efficientnet_b0.ra_in1k, freeze: [blocks.1, stem, blocks.0] }';
  const [first] = valid(load(MINIMAL.replace(/teacher: .*/, teacher).replace('efficientnet_t1', 'efficientnet_b7'))).spec.generations;
  const { model, weights, freeze } = first ?? assert.fail();
  assert.deepEqual(
    { model, weights, freeze },
    {
      model: 'efficientnet_b0',
      weights: 'hf-hub:timm/efficientnet_b0.ra_in1k',
      freeze: { groups: ['stem', 'blocks.0', 'blocks.1'], norms: 'frozen' },
    },
  );
});

test('where a folder of weights was found travels with the locations', () => {
  const { locations } = valid(load(MINIMAL.replace(/teacher: .*/, 'teacher: { weights: local-dir:mine }')));
  assert.equal(locations['local-dir:mine'], '/somewhere/mine');
});

test('a training at a larger size is inherited key by key, and a generation may do without', () => {
  const { generations, baseline } = resolve(
    withKeys({
      resolution: { size: 40, epochs: 2, freeze: [] },
      training: { batch: 10, unlabelledRatio: 2 },
      students: [
        { model: 'm', resolution: 'none' },
        { model: 'm', resolution: { epochs: 3, freeze: { groups: ['stem'], norms: 'updated' } } },
      ],
    }),
  );
  const whole = { size: 40, epochs: 2, batch: 10, rateFactor: 0.012, freeze: null };
  assert.deepEqual(generations[0]?.resolution, whole);
  assert.ok(!('resolution' in (generations[1] ?? assert.fail())));
  assert.deepEqual(generations[2]?.resolution, { ...whole, epochs: 3, freeze: { groups: ['stem'], norms: 'updated' } });
  assert.deepEqual(baseline?.resolution, generations[2].resolution, 'the baseline gets the same, though its batch is larger');
  assert.deepEqual(resolve(withKeys({ resolution: { size: 40 } })).generations[0]?.resolution?.freeze?.groups, ['stem', 'blocks.0', 'blocks.1']);
});

test('what teacher and baseline do not read changes neither', () => {
  const [changed, plain] = [withKeys({ training: { unlabelledWeight: 3 } }), minimal].map((pipeline) => resolve(pipeline));
  assert.deepEqual(changed?.generations[0], plain?.generations[0]);
  assert.deepEqual(changed?.baseline, plain?.baseline);
});

/** Compact as a person might write it: layout, order, comments and spelt-out defaults say nothing. */
const FASHION_MNIST = `
selection: { confidence: 0.5, perClass: 5000, balance: duplicate }
labelling: { labels: soft, temperature: 1, batch: 512, shard: 4096 }
training:  { steps: 600, batch: 32, unlabelledRatio: 4, optimiser: { name: adamw, beta2: 0.99, weightDecay: 1.0e-2 },
             schedule: { name: cosine, rate: 0.015, warmupSteps: 50 }, ema: 0.99, labelSmoothing: 0, checkpointEvery: 100 }
noise:     { randAugment: { dialect: timm, ops: 1, magnitude: 4, spread: uniform, probability: 1, increasing: true }, crop: { pad: 1 }, flip: horizontal, dropout: 0.1, survival: 0.9 }
baseline: same-compute
students:
  - { model: efficientnet_t1 }
  - { model: efficientnet_t1, training: { unlabelledRatio: 5 } }
teacher: { model: efficientnet_t0, training: { steps: 800, batch: 64 } }
data:
  image: { size: 28, channels: 1 }
  labelled:   { format: idx, path: fashion-mnist/train, perClass: 50 }
  validation: { format: idx, path: fashion-mnist/train, perClass: 200 }
  unlabelled: { format: idx, path: fashion-mnist/train }
  test:       { format: idx, path: fashion-mnist/test }
seed: 1
name: fashion-mnist
version: 1
`;

test('pipelines/fashion-mnist.yaml is the example with a teacher as large as its students and ten of the fifteen transforms', () => {
  const [shipped, example] = [
    valid(load(pipelineText('fashion-mnist'))).spec,
    valid(load(FASHION_MNIST.replace('increasing: true', `increasing: true, transforms: [${MILD}]`))).spec,
  ];
  const students = ({ generations }: ResolvedSpec) => generations.slice(1);
  assert.deepEqual({ ...shipped, generations: students(shipped) }, { ...example, generations: students(example) });
});

const MILD = OP_NAMES.filter((name) => !['Equalize', 'Invert', 'Posterize', 'Solarize', 'SolarizeAdd'].includes(name)).join(', ');

test('pipelines/smoke.yaml is valid', () => assert.ok(valid(load(pipelineText('smoke'))).spec.generations.length === 3));

test('pipelines/own-images.yaml lacks nothing but its four folders', () => {
  const loaded = load(pipelineText('own-images'));
  assert.ok(!loaded.ok);
  assert.deepEqual(
    loaded.errors.map(({ code, path }) => `${code} ${path}`),
    ['labelled', 'validation', 'unlabelled', 'test'].map((set) => `DATA_MISSING /data/${set}/path`),
  );
});

test('locations say where each path was found: beside the file, else in a data folder', () => {
  const { locations } = valid(load(MINIMAL));
  assert.deepEqual(locations, { 'fashion-mnist/train': join(data.path, 'fashion-mnist/train'), 'fashion-mnist/test': join(data.path, 'fashion-mnist/t10k') });
  const beside = valid(loadSpec({ file: join(data.path, 'spec.yaml'), text: MINIMAL, dataFolders: [], models: MODELS }));
  assert.deepEqual(beside.locations, locations);
});

test('where data lies is not part of the digest', () => {
  const elsewhere = loadSpec({ file: join(data.path, 'spec.yaml'), text: MINIMAL, dataFolders: ['/nowhere'], models: MODELS });
  assert.equal(valid(elsewhere).digest, valid(load(MINIMAL)).digest);
});

const anyPipeline = fc
  .record({
    seed: fc.option(fc.nat(), { nil: undefined }),
    noise: fc.option(fc.record({ dropout: fc.constantFrom(0, 0.1, 0.5), randAugment: fc.constantFrom('none' as const, { ops: 2 }) }, { requiredKeys: [] }), {
      nil: undefined,
    }),
    training: fc.option(
      fc.record(
        { steps: fc.integer({ min: 60, max: 1000 }), batch: fc.integer({ min: 1, max: 256 }), ema: fc.constantFrom(0, 0.9, 0.99) },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    selection: fc.option(fc.record({ confidence: fc.constantFrom(0, 0.5, 0.9), perClass: fc.constantFrom(null, 10) }, { requiredKeys: [] }), {
      nil: undefined,
    }),
  })
  .map((keys) => withKeys(JSON.parse(JSON.stringify(keys)) as Partial<Pipeline>));

test('the order of keys, comments and explicit defaults do not change the digest', () => {
  fc.assert(
    fc.property(anyPipeline, fc.boolean(), (pipeline, isFlow) => {
      const expected = valid(load(stringify(pipeline))).digest;
      const text = stringify(reversed(explicit(pipeline)), { collectionStyle: isFlow ? 'flow' : 'any' });
      assert.equal(valid(load(`# a comment\n${text}\n# another\n`)).digest, expected);
    }),
    { numRuns: 30 },
  );
});

test('any other value is another digest', () => {
  const spec = resolve(minimal);
  const leaves = leavesOf(spec);
  assert.ok(leaves.length > 80);
  for (const path of leaves) assert.notEqual(digest(changed(spec, path)), digest(spec), path.join('/'));
});

test('a resolved spec stays under 10 KB: what would be longer is refused', () => {
  const path = (set: string): string => set.padEnd(300, 'x');
  const source = (set: string) => ({ format: 'folder' as const, path: path(set), perClass: 1_000_000 });
  const noise = { randAugment: { magnitude: 0.123456789, spread: 0.123456789 }, dropout: 0.123456789, survival: 0.123456789 };
  const student = { model: 'tf_efficientnet_b7', noise, training: { schedule: { name: 'exponential' as const, rate: 0.123456789 } } };
  const largest = withKeys({
    name: 'n'.repeat(60),
    data: {
      image: { size: 1024, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      labelled: source('l'),
      validation: source('v'),
      unlabelled: source('u'),
      test: source('t'),
    },
    teacher: { model: 'efficientnet_t0', weights: 'w'.repeat(300) },
    students: Array(8).fill(student),
  });
  const { length } = canonicalJson(resolve(largest));
  assert.ok(length < 10_000, String(length));

  const groups = ['stem', 'blocks.0', 'blocks.1', 'blocks.2', 'blocks.3', 'blocks.4', 'blocks.5'];
  const students = Array(8).fill({
    ...student,
    model: 'efficientnet_b7',
    resolution: { size: 1025, epochs: 12.3456789, freeze: { groups, norms: 'updated' } },
  });
  const loaded = load(stringify(withKeys({ students, noise: { randAugment: { transforms: [...OP_NAMES].slice(1) } } })));
  assert.ok(!loaded.ok);
  assert.match(loaded.errors.map(({ message }) => message).join(), /^The pipeline has 1\d,\d{3} bytes with everything written out .* may have 9,300; shorten/);
});

function load(text: string): LoadedSpec {
  return loadSpec({ file: '/somewhere/spec.yaml', text, dataFolders: [data.path], models: MODELS });
}

function valid(loaded: LoadedSpec) {
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.errors, null, 1));
  return loaded;
}

function pipelineText(name: string): string {
  return readFileSync(join(import.meta.dirname, `../../pipelines/${name}.yaml`), 'utf8');
}

function withKeys(keys: Partial<Pipeline>): Pipeline {
  return { ...minimal, ...keys };
}

/** The pipeline with the defaults of its blocks written out. */
function explicit(pipeline: Pipeline): object {
  const { data: resolved, seed, generations } = resolve(pipeline);
  const { noise, training, labelling, selection } = generations[1] ?? assert.fail();
  const asWritten = { ...noise, randAugment: noise.randAugment ?? 'none', crop: noise.crop ?? 'none' };
  return { ...pipeline, seed, data: resolved, baseline: 'same-compute', noise: asWritten, training, labelling, selection };
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, reversed(child)]),
  );
}

function leavesOf(value: unknown, path: string[] = []): string[][] {
  return typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key])) : [path];
}

function changed(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return typeof value === 'number' ? value + 0.5 : typeof value === 'boolean' ? !value : `${String(value)}?`;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest);
  return copy;
}
