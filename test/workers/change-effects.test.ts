import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeableKeys, CHANGE_EFFECTS, type ChangeableKey, type ChangeEffect } from '../../lib/spec/change-effects.js';
import { resolve } from '../../lib/spec/resolve.js';
import type { ResolvedSpec } from '../../lib/spec/resolved.js';
import { isBlock } from '../../lib/spec/schema.js';
import type { Pipeline } from '../../lib/spec/types.js';
import { keysOf, REPORT } from '../../workers/compare-specs.js';
import { phasesOf } from '../../workers/spec-phases.js';
import { IDENTITY, otherIdentity } from '../../workflows/identity.js';

/** Every block written out, so that each key has a place; two students, so that there is one before and one after. */
const source = { format: 'idx', path: 'here/train', perClass: 2 };
const RESOLUTION = { size: 56, epochs: 1.5, rateFactor: 0.012, freeze: { groups: ['stem'], norms: 'frozen' } };
const BLOCKS = {
  noise: { randAugment: { dialect: 'timm' }, crop: { pad: 1 } },
  training: { optimiser: { name: 'adamw' }, schedule: { name: 'cosine' } },
  resolution: RESOLUTION,
};
const LABELLING = { labelling: {}, selection: {} };
const PIPELINE = {
  version: 1,
  name: 'example',
  data: { image: { size: 28, channels: 1 }, labelled: source, validation: source, unlabelled: source, test: { ...source, path: 'here/test' } },
  teacher: { model: 'efficientnet_t0', weights: 'local-dir:mine', freeze: { groups: ['stem'] }, ...BLOCKS },
  students: [1, 2].map(() => ({ model: 'efficientnet_t1', ...BLOCKS, ...LABELLING })),
  ...BLOCKS,
  ...LABELLING,
};

/** Two values of a key whose schema does not give them, by its last name. */
const VALUES: Readonly<Record<string, readonly [unknown, unknown]>> = {
  version: [1, 1],
  name: ['example', 'other'],
  path: ['here/train', 'there/train'],
  model: ['efficientnet_t1', 'efficientnet_b0'],
  weights: ['local-dir:mine', 'local-dir:other'],
  mean: [null, [0.5]],
  std: [null, [0.5]],
  freeze: [['stem'], ['stem', 'blocks.0']],
  groups: [['stem'], ['stem', 'blocks.0']],
  randAugment: ['none', {}],
  crop: ['none', {}],
  resolution: ['none', RESOLUTION],
  transforms: ['all', ['Rotate']],
  spread: ['none', 'uniform'],
  batch: [32, 64],
  perClass: [2, 3],
  size: [64, 96],
  baseline: ['same-compute', 'none'],
  students: [PIPELINE.students, [...PIPELINE.students, ...PIPELINE.students.slice(1)]],
};

/** The other variant of a block, and what its keys need around them. */
const VARIANT: Readonly<Record<string, string>> = { decay: 'exponential', everySteps: 'exponential', momentum: 'rmsprop' };

test('every key says what a change of it under way does', () => {
  const keys = changeableKeys();
  assert.deepEqual(
    keys.filter(({ effect }) => effect === undefined || !CHANGE_EFFECTS.includes(effect)).map(({ path }) => path.join('.')),
    [],
  );
  assert.ok(keys.length > 120);
});

for (const key of changeableKeys()) {
  const name = key.path.join('.');
  const base = baseFor(key);
  const [before, resolved] = valuesOf(key).map((value) => resolve(withValue(base, key.path, value) as unknown as Pipeline)) as [ResolvedSpec, ResolvedSpec];
  const after = name === 'version' ? ({ ...resolved, version: 2 } as unknown as ResolvedSpec) : resolved; // no pipeline has it yet
  test(`${name}: ${key.effect}`, () => {
    const isOtherRun = otherIdentity(before, after).length > 0;
    assert.equal(isOtherRun, key.effect === 'new-run');
    if (!isOtherRun) checkEffect(key, before, after);
  });
}

test('what makes a run is marked as such, and nothing else', () => {
  const marked = new Set(changeableKeys().flatMap(({ path, effect }) => (effect === 'new-run' ? [path.slice(0, 2).join('.')] : [])));
  assert.deepEqual([...marked].sort(), [...IDENTITY].sort());
});

/** In the order in which a generation goes through them. */
const ORDER: readonly ChangeEffect[] = ['import', 'prepare', 'label', 'select', 'train', 'fine-tune', 'evaluate'];

/** A change changes the key of the phase that its mark names, in a generation that it holds for, and none before it. */
function checkEffect({ path, effect }: ChangeableKey, before: ResolvedSpec, after: ResolvedSpec): void {
  const [old, now] = [keysOf(before), keysOf(after)];
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name)?.whole !== now.get(name)?.whole && name !== REPORT);
  if (effect === 'live') return assert.deepEqual(changed, []);
  if (ALONE.includes(path.join('.'))) return assert.deepEqual(changed, [], 'the teacher has no pseudo-labels, and does not read it');
  const places = (model: string) => changed.filter((phase) => phase.endsWith(model)).map(placeOf);
  const models = modelsOf(before, after);
  const direct = directly(before, after);
  const holders = models
    .filter(({ isChanged }) => isChanged)
    .map(({ name }) => Math.min(...direct.filter((phase) => phase.endsWith(` of ${name}`)).map(placeOf)));
  const run = changed.filter((phase) => !phase.includes(' of ')).map(placeOf);
  assert.equal(ORDER[Math.min(...holders, ...run)], effect, changed.join(', '));
  if (run.some((place) => place < ORDER.indexOf('label'))) return; // the images of all models are others
  for (const { name, isChanged } of models) {
    if (isChanged) break;
    assert.deepEqual(places(` of ${name}`), [], `${name} comes before what holds the change`);
  }
}

/** Phases that read something else of the pipeline, whatever the phases before them bring. */
function directly(before: ResolvedSpec, after: ResolvedSpec): string[] {
  const outside = { weights: { config: '', weights: '' }, files: '' };
  const own = (spec: ResolvedSpec) => new Map(phasesOf(spec, 'run', outside).map((phase) => [phase.name, phase.keys(() => ({ digests: ['same'] }))[0]!]));
  const [old, now] = [own(before), own(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
}

/** Keys that the checks of a pipeline refuse in the teacher's block. */
const ALONE = ['teacher.training.unlabelledRatio', 'teacher.training.unlabelledWeight'];

function modelsOf(before: ResolvedSpec, after: ResolvedSpec): { name: string; isChanged: boolean }[] {
  const models = ({ generations, baseline }: ResolvedSpec) =>
    new Map([...generations.map((own, i) => [i === 0 ? 'teacher' : `student ${i}`, own] as const), ['baseline', baseline] as const]);
  const [old, now] = [models(before), models(after)];
  return [...new Set([...old.keys(), ...now.keys()])].map((name) => ({ name, isChanged: JSON.stringify(old.get(name)) !== JSON.stringify(now.get(name)) }));
}

/** Images of a larger size are made for the training at it. */
function placeOf(phase: string): number {
  const [name = ''] = phase.split(' of ');
  return ORDER.indexOf((/^prepare \d/.test(name) ? 'fine-tune' : name) as ChangeEffect);
}

function valuesOf({ path, schema }: ChangeableKey): readonly [unknown, unknown] {
  const name = path.at(-1)!;
  if (name === 'name' && path.length > 1) return path.at(-2) === 'optimiser' ? ['adamw', 'rmsprop'] : ['cosine', 'exponential'];
  const given = VALUES[name];
  if (given) return given;
  if (schema.enum) return schema.enum.length > 1 ? [schema.enum[0], schema.enum[1]] : [schema.enum[0], 'another dialect'];
  if (schema.type === 'boolean') return [false, true];
  const { minimum = schema.exclusiveMinimum!, maximum = schema.exclusiveMaximum! } = schema;
  assert.ok(Number.isFinite(minimum) && Number.isFinite(maximum), `two values of ${path.join('.')} are wanted in VALUES`);
  const between = (share: number): number => minimum + share * Math.min(maximum - minimum, 40);
  return schema.type === 'integer' ? [Math.round(between(0.25)), Math.round(between(0.5))] : [between(0.25), between(0.5)];
}

function baseFor({ path }: ChangeableKey): object {
  const [block, name] = path.slice(-2) as [string, string];
  const variant = block === 'optimiser' && name === 'decay' ? 'rmsprop' : VARIANT[name];
  if (variant === undefined || !['optimiser', 'schedule'].includes(block)) return PIPELINE;
  return withValue(PIPELINE, path.slice(0, -1), { name: variant });
}

/** Of students the first. A key of the whole pipeline is left out of the blocks that would override it. */
function withValue(root: object, path: readonly string[], value: unknown): object {
  const whole = root as Readonly<Record<string, unknown>>;
  const [block = ''] = path;
  if (!(block in BLOCKS)) return placed(whole, path, value);
  const without = (own: unknown): object => Object.fromEntries(Object.entries(own as object).filter(([name]) => name !== block));
  const { teacher, students } = whole as typeof PIPELINE;
  return placed({ ...whole, teacher: without(teacher), students: students.map(without) }, path, value);
}

function placed(root: unknown, [key, ...rest]: readonly string[], value: unknown): object {
  if (key === undefined) return value as object;
  if (Array.isArray(root)) return [placed(root[0], [key, ...rest], value), ...root.slice(1)];
  const whole = (isBlock(root) ? root : {}) as Readonly<Record<string, unknown>>;
  return { ...whole, [key]: placed(whole[key], rest, value) };
}
