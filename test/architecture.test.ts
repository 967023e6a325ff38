import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

/**
 * The rooms in the order of the data, each with the rooms it may import values from (`import type` may cross).
 * Rooms on one line are siblings: they may import each other's files, but never in a circle.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['cli', 'workers'],
  ['api'],
  ['workflows'],
  ['activities'],
  ['lib/device'],
  ['lib/training', 'lib/labels', 'lib/evaluation', 'lib/report'],
  ['lib/models', 'lib/noise', 'lib/data'],
  ['lib/tensor', 'lib/store', 'lib/spec'],
  ['lib/errors.ts', 'lib/nearest.ts', 'lib/package.ts', 'lib/redaction.ts'],
];

interface Source {
  readonly path: string;
  readonly text: string;
}

test('imports point from the edge to the core, never back', () => {
  assert.deepEqual(sources().flatMap(backwardImports), []);
});

test('the detector sees an arrow that points back', () => {
  const wrong = { path: 'lib/noise/x.ts', text: "import { run } from '../training/loop.js';" };
  assert.deepEqual(backwardImports(wrong), ['lib/noise/x.ts imports lib/training/loop.ts']);
});

test('no import circle anywhere', () => {
  assert.deepEqual(circles(sources()), []);
});

test('the detector sees a circle', () => {
  const a = { path: 'lib/noise/a.ts', text: "import { b } from './b.js';" };
  const b = { path: 'lib/noise/b.ts', text: "import { a } from './a.js';" };
  assert.equal(circles([a, b]).length, 1);
});

/** What a folder must not contain, and why. */
const FORBIDDEN: readonly { where: RegExp; except?: RegExp; pattern: RegExp; why: string }[] = [
  { where: /^lib\//, pattern: /from '@temporalio/, why: 'lib knows nothing of Temporal' },
  {
    where: /^(lib|activities|workflows)\//,
    pattern: /process\.env|Date\.now|new Date\(\)|Math\.random/,
    why: 'clock, randomness and environment are arguments',
  },
  {
    where: /^workflows\//,
    pattern: /^import (?!type\b).*from '(?!@temporalio\/workflow'|\.\/)/m,
    why: 'workflows import values only from @temporalio/workflow and ./',
  },
  { where: /^activities\//, pattern: /^import (?!type\b).*from '@temporalio\/(?!activity')/m, why: 'activities know only their side of Temporal' },
  { where: /^lib\/(training|models|noise|labels\/predict)/, pattern: /hidden-labels/, why: 'training and labelling cannot read hidden labels' },
];

for (const { where, except, pattern, why } of FORBIDDEN) {
  test(`${why} (${where.source})`, () => {
    const found = sources().filter(({ path, text }) => where.test(path) && !except?.test(path) && pattern.test(code(text)));
    assert.deepEqual(
      found.map(({ path }) => path),
      [],
    );
  });
}

function backwardImports({ path, text }: Source): string[] {
  const from = layerOf(path);
  return valueImports({ path, text })
    .filter((target) => layerOf(target) < from || (layerOf(target) === from && roomOf(path) === 'workers' && roomOf(target) === 'cli'))
    .map((target) => `${path} imports ${target}`);
}

function circles(files: readonly Source[]): string[] {
  const edges = new Map(files.map((file) => [file.path, valueImports(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    else if (!done.has(path)) {
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

/** Local files whose values a file imports, as paths from the top. */
function valueImports({ path, text }: Source): string[] {
  const statements = code(text).matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?\bfrom\s+)?'(\.[^']+)'/gm);
  return [...statements]
    .filter(([, names]) => !/^\{(\s*type [^,}]+,?)+\s*\}\s*from\s+$/.test(names ?? ''))
    .map(([, , target]) => normalize(join(dirname(path), target!)).replace(/\.js$/, '.ts'));
}

function layerOf(path: string): number {
  return LAYERS.findIndex((rooms) => rooms.some((room) => path === room || path.startsWith(`${room}/`)));
}

function roomOf(path: string): string {
  return path.split('/')[0]!;
}

/** The text without comments: what is said about a thing is not a use of it. */
function code(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}

function sources(): Source[] {
  const root = join(import.meta.dirname, '..');
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => (statSync(join(folder, name)).isDirectory() ? walk(join(folder, name)) : [join(folder, name)]));
  return ['cli', 'workers', 'api', 'workflows', 'activities', 'lib']
    .flatMap((folder) => walk(join(root, folder)))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}
