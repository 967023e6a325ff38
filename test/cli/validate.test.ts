import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { validate } from '../../cli/validate.js';
import { dataFolder, MINIMAL, MODELS } from '../spec/fixture.js';

const data = dataFolder();
const folder = mkdtempSync(join(tmpdir(), 'validate-'));
after(() => [data.path, folder].forEach((path) => rmSync(path, { recursive: true })));

test('a valid spec: exit code 0 and one line', () => {
  assert.deepEqual(run(MINIMAL), {
    exitCode: 0,
    stdout: `${file('spec')} is valid: teacher efficientnet_t0, students efficientnet_t1, and the same-compute baseline.\n`,
    stderr: '',
  });
});

test('a spec with errors: exit code 2, a line for each on stderr, and their number', () => {
  const { exitCode, stdout, stderr } = run(`${MINIMAL}sede: 1\nbaseline: no\n`);
  assert.deepEqual([exitCode, stdout], [2, '']);
  assert.deepEqual((stderr ?? '').split('\n'), [
    `${file('spec')}:11:1  "sede" is not a key of the pipeline; its keys are version, name, seed, data, teacher, students, baseline, noise, training, resolution, labelling and selection. Did you mean "seed"?`,
    `${file('spec')}:12:11  /baseline is "no", but must be same-compute or none. Did you mean "none"?`,
    `2 errors in ${file('spec')}.`,
    '',
  ]);
});

test('--json: one document with every error', () => {
  const { exitCode, stdout, stderr } = run(`${MINIMAL}seed: -1\nema: 0.9\n`, true);
  assert.deepEqual([exitCode, stderr], [2, '']);
  assert.deepEqual(JSON.parse(stdout ?? ''), {
    valid: false,
    errors: [
      {
        code: 'SPEC_INVALID',
        kind: 'wrong-value',
        file: file('spec'),
        line: 11,
        column: 7,
        path: '/seed',
        message: '/seed is -1, but must be a whole number from 0 to 4294967295.',
      },
      {
        code: 'SPEC_INVALID',
        kind: 'misplaced-key',
        file: file('spec'),
        line: 12,
        column: 1,
        path: '/ema',
        message: '"ema" is not a key of the pipeline; it belongs under /training.',
        suggestion: '/training/ema',
      },
    ],
  });
  assert.deepEqual(JSON.parse(run(MINIMAL, true).stdout ?? ''), { valid: true, errors: [] });
});

test('validating loads neither TensorFlow, image libraries, databases nor Temporal', () => {
  const script = `
    const { validate } = await import(${JSON.stringify(join(import.meta.dirname, '../../cli/validate.ts'))});
    const { modelNames, parameterCount } = await import(${JSON.stringify(join(import.meta.dirname, '../../lib/models/variants.ts'))});
    validate({ file: ${JSON.stringify(file('spec'))}, dataFolders: [], models: { names: modelNames(), parameters: parameterCount }, json: true });
    const { createRequire } = await import('node:module');
    const packages = Object.keys(createRequire(import.meta.url).cache).map((path) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1]);
    const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
    console.log(JSON.stringify({ packages: [...new Set(packages)].filter(Boolean), addons }));
  `;
  const printed = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' });
  const { packages, addons } = JSON.parse(printed) as { packages: string[]; addons: string[] };
  assert.deepEqual(addons, []);
  assert.deepEqual(
    packages.filter((name) => !['ajv', 'fast-deep-equal', 'yaml', 'fastest-levenshtein', 'tsx', 'esbuild'].includes(name)),
    [],
  );
});

function file(name: string): string {
  return join(folder, `${name}.yaml`);
}

function run(text: string, json = false) {
  writeFileSync(file('spec'), text);
  return validate({ file: file('spec'), dataFolders: [data.path], models: MODELS, json });
}
