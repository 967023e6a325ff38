import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listModels } from '../../cli/list-models.js';
import { namePattern } from '../../cli/name-pattern.js';
import { catalogue, describeTag } from '../../lib/models/catalogue.js';

interface Row {
  readonly name: string;
  readonly tag: string;
  readonly classes: number;
  readonly default: boolean;
  readonly hubId: string | null;
  readonly parameters: number;
  readonly tensors: number;
  readonly gmacs: number;
  readonly top1?: number;
  readonly top5?: number;
  readonly input: { readonly size: number; readonly cropPercent: number };
  readonly test?: { readonly size: number; readonly cropPercent: number; readonly gmacs: number };
}

const folder = import.meta.dirname;
const golden = JSON.parse(readFileSync(join(folder, '../golden/timm-catalogue.json'), 'utf8')) as { gmacs: [string, number, number][] };
const rows = list();

test('models prints the table, which weights a bare name means, and the tags in words', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, '../../cli/noisy-student.mjs'), 'models', 'tf_efficientnet_l2'], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(stdout.split('\n'), [
    'name                                   input   crop   parameters   GMACs  top-1  top-5  weights',
    'tf_efficientnet_l2.ns_jft_in1k_475  *    475  0.936  480,309,308  172.11  88.25  98.55  Noisy Student, 475 px',
    'tf_efficientnet_l2.ns_jft_in1k           800  0.960  480,309,308  479.12  88.36  98.66  Noisy Student',
    '',
    '* is what the name without a tag means: tf_efficientnet_l2 is tf_efficientnet_l2.ns_jft_in1k_475.',
    'Input in pixels, crop as the share of the resized image that is kept, GMACs for one image of that size, top-1 and top-5 on the',
    "validation set of ImageNet-1k in per cent, as timm published them. The tag, behind the name's dot, says how the weights came about:",
    `  ns_jft_in1k_475  ${describeTag('ns_jft_in1k_475')}`,
    `  ns_jft_in1k      ${describeTag('ns_jft_in1k')}`,
    '',
  ]);
});

test('a test size stands below the weights that have one, and what nobody measured is a dash', () => {
  const { stdout } = listModels({ pattern: 'efficientnet_b[45].*12k', json: false });
  assert.match(stdout ?? '', /^efficientnet_b5\.sw_in12k +416  0\.950 +52,562,013 +8\.29 {6}– {6}– {2}ImageNet-12k$/m);
  const larger = listModels({ pattern: 'efficientnet_b4', json: false }).stdout ?? '';
  assert.match(larger, /^efficientnet_b4\.ra2_in1k .* 320 .*\n {2}at its test size {7,} 384  1\.000 +4\.51 +83\.47 +96\.57$/m);
});

test('--json has every model with every set of weights', () => {
  assert.deepEqual(
    rows.map(({ name }) => name),
    catalogue().map(({ name }) => name),
  );
  const [{ gmacs, ...row }] = list('efficientnet_b0.ra4') as [Row];
  assert.equal(gmacs.toFixed(2), '0.40');
  assert.deepEqual(
    { ...row, test: { ...row.test, gmacs: row.test?.gmacs.toFixed(2) } },
    {
      ...{ name: 'efficientnet_b0.ra4_e3600_r224_in1k', architecture: 'efficientnet_b0', tag: 'ra4_e3600_r224_in1k' },
      ...{ meaning: describeTag('ra4_e3600_r224_in1k'), default: false, oldNames: [], licence: 'apache-2.0' },
      hubId: 'timm/efficientnet_b0.ra4_e3600_r224_in1k',
      input: { size: 224, cropPercent: 0.9, cropMode: 'center', interpolation: 'bicubic', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
      ...{ classes: 1000, parameters: 5_288_548, tensors: 360, top1: 78.568, top5: 94.34 },
      test: { size: 256, cropPercent: 1, gmacs: '0.52', top1: 79.364, top5: 94.754 },
    },
  );
  const untrained = rows.filter(({ hubId }) => hubId === null);
  assert.deepEqual([...new Set(untrained.map(({ tag, top1, top5 }) => `${tag} ${top1} ${top5}`))], ['untrained undefined undefined']);
});

/** Parameters, tensors of the state dict and GMACs: timm, its results table. */
const NOISY_STUDENTS = [
  ['b0.ns_jft_in1k', 5_288_548, 360, '0.40'],
  ['b1.ns_jft_in1k', 7_794_184, 508, '0.71'],
  ['b2.ns_jft_in1k', 9_109_994, 508, '1.02'],
  ['b3.ns_jft_in1k', 12_233_232, 574, '1.87'],
  ['b4.ns_jft_in1k', 19_341_616, 706, '4.49'],
  ['b5.ns_jft_in1k', 30_389_784, 854, '10.46'],
  ['b6.ns_jft_in1k', 43_040_704, 986, '19.40'],
  ['b7.ns_jft_in1k', 66_347_960, 1200, '38.33'],
  ['l2.ns_jft_in1k_475', 480_309_308, 1914, '172.11'],
  ['l2.ns_jft_in1k', 480_309_308, 1914, '479.12'],
] as const;

for (const [name, parameters, tensors, gmacs] of NOISY_STUDENTS) {
  test(`${name} has ${parameters} parameters in ${tensors} tensors and ${gmacs} GMACs`, () => {
    const row = rows.find((candidate) => candidate.name === `tf_efficientnet_${name}`)!;
    assert.deepEqual([row.parameters, row.tensors, row.gmacs.toFixed(2)], [parameters, tensors, gmacs]);
  });
}

test("GMACs at every input and test size are those of timm's table", () => {
  const ours = new Set(
    rows
      .filter(({ classes }) => classes === 1000)
      .flatMap(({ name, input, gmacs, test: larger }) => [{ name, size: input.size, gmacs }, ...(larger ? [{ name, ...larger }] : [])])
      .map(({ name, size, gmacs }) => `${name.split('.')[0]} at ${size}: ${gmacs.toFixed(2)}`),
  );
  // The one with a head for ImageNet-12k is not comparable.
  const missing = golden.gmacs.map(([name, size, gmacs]) => `${name} at ${size}: ${gmacs.toFixed(2)}`).filter((line) => !ours.has(line));
  assert.deepEqual(missing, ['efficientnet_b5 at 416: 8.27']);
});

test('a pattern is part of a name, a glob, or an old name', () => {
  const named = (pattern: string) => list(pattern).map(({ name }) => name);
  assert.deepEqual(named('b8'), ['efficientnet_b8.untrained', 'tf_efficientnet_b8.ap_in1k', 'tf_efficientnet_b8.ra_in1k']);
  assert.deepEqual(named('tf_efficientnet_l2_ns'), ['tf_efficientnet_l2.ns_jft_in1k_475', 'tf_efficientnet_l2.ns_jft_in1k']);
  assert.deepEqual(named('TF_*b[01].ns*'), ['tf_efficientnet_b0.ns_jft_in1k', 'tf_efficientnet_b1.ns_jft_in1k']);
  assert.equal(named('*.ns_*').length, 10);
  assert.equal(named('').length, rows.length);
});

test('what matches nothing is said, with exit code 2', () => {
  const stderr = 'No model matches "resnet" · npx noisy-student models lists all.\n';
  assert.deepEqual(listModels({ pattern: 'resnet', json: false }), { exitCode: 2, stderr });
  assert.deepEqual(listModels({ pattern: 'resnet', json: true }), { exitCode: 2, stdout: '[]\n', stderr });
  for (const [pattern, said] of [
    ['tf_efficientnet_b33', '; did you mean tf_efficientnet_b3?'],
    ['tf_efficientnet_b3.ns_jft_1k', '; did you mean tf_efficientnet_b3.ns_jft_in1k?'],
    ['hf-hub:timm/tf_efficientnet_b0', ': what has a prefix is not in this table, and goes to predict, features and export as it is'],
  ] as const)
    assert.equal(listModels({ pattern, json: false }).stderr, `No model matches "${pattern}"${said} · npx noisy-student models lists all.\n`);
  assert.throws(() => listModels({ pattern: 'b[9-0]', json: false }), { code: 'COMMAND_INVALID' });
});

const PATTERNS = [
  ['a*c', ['ac', 'abc', 'abcc', 'A.C'], ['a', 'xac', 'acx']],
  ['*', ['', 'a'], []],
  ['*a', ['a', 'ba', 'aa'], ['ab', '']],
  ['*a*b*', ['ab', 'xaxbx'], ['ba']],
  ['a?c', ['abc'], ['ac', 'abbc']],
  ['[!a]b', ['bb'], ['ab', 'b']],
  ['a.*', ['a.', 'a.b'], ['ab']],
  ['a[', ['a['], ['a']],
  ['a+(b', ['xa+(bx'], ['aab']],
] as const;

for (const [pattern, yes, no] of PATTERNS) {
  test(`the pattern ${pattern} takes ${yes.join(', ')}`, () => {
    const matches = namePattern(pattern);
    for (const name of yes) assert.ok(matches(name), name);
    for (const name of no) assert.ok(!matches(name), name);
  });
}

test('a pattern of many stars is quick', () => {
  const matches = namePattern(`${'*a'.repeat(60)}b`);
  assert.ok(!matches('a'.repeat(200)));
});

test('listing loads neither TensorFlow nor any other addon', () => {
  const script = `
    const { listModels } = await import(${JSON.stringify(join(folder, '../../cli/list-models.ts'))});
    listModels({ json: true });
    console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'))));
  `;
  assert.equal(execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' }), '[]\n');
});

function list(pattern?: string): Row[] {
  return JSON.parse(listModels({ ...(pattern !== undefined && { pattern }), json: true }).stdout ?? '') as Row[];
}
