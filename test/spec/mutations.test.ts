import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadSpec } from '../../lib/spec/load.js';
import { parse } from '../../lib/spec/parse.js';
import { dataFolder, MODELS } from './fixture.js';

const data = dataFolder();
after(() => data.remove());
const example = readFileSync(join(import.meta.dirname, '../../pipelines/fashion-mnist.yaml'), 'utf8');

const PIECES = [
  '\t',
  '  ',
  '\n',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!x ',
  '<<: ',
  '---\n',
  '%YAML 1.1\n',
  '|',
  '>',
  '?',
  ',',
  '~',
  '🙂',
  '\u0000',
  '\ufeff',
  '\r',
  '1e999',
  'yes',
  '__proto__: ',
];
const edit = fc.record({
  at: fc.nat(example.length),
  cut: fc.nat(12),
  paste: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })),
});
const lineMove = fc.record({ from: fc.nat(50), to: fc.nat(50) });

test('an example with any edits is loaded or has errors inside the file', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      checkLoading(edits.reduce((text, { at, cut, paste }) => text.slice(0, at) + paste + text.slice(at + cut), example));
    }),
    { numRuns: 250 },
  );
});

test('an example with moved lines is loaded or has errors inside the file', () => {
  fc.assert(
    fc.property(fc.array(lineMove, { minLength: 1, maxLength: 3 }), (moves) => {
      const lines = example.split('\n');
      for (const { from, to } of moves) lines.splice(to, 0, ...lines.splice(from, 1));
      checkLoading(lines.join('\n'));
    }),
    { numRuns: 100 },
  );
});

test('an example with any value anywhere is loaded or has errors inside the file', () => {
  const value = parse(example).value;
  const paths = pathsOf(value);
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 0, 0.5, 1, 1e9, '', 'none', null, true, [], {}, [null], { name: 'adamw' }, { name: 1 }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.option(fc.string({ maxLength: 8 })), anything, (path, key, replacement) => {
      checkLoading(stringify(replaced(value, key === null ? path : [...path, key], replacement)));
    }),
    { numRuns: 250 },
  );
});

function checkLoading(text: string): void {
  const loaded = loadSpec({ file: 'spec.yaml', text, dataFolders: [data.path], models: MODELS });
  if (loaded.ok) return;
  assert.ok(loaded.errors.length > 0);
  const lines = text.split('\n');
  const positions = loaded.errors.map(({ line, column }) => [line, column] as const);
  for (const [line, column] of positions) {
    assert.ok(line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1, `${line}:${column} in ${JSON.stringify(text)}`);
  }
  assert.deepEqual(
    positions,
    positions.toSorted(([a, b], [c, d]) => a - c || b - d),
  );
  const once = new Set(loaded.errors.map((error) => JSON.stringify(error)));
  assert.equal(once.size, loaded.errors.length, JSON.stringify(loaded.errors));
  assert.doesNotMatch(JSON.stringify(loaded.errors), /undefined|\[object|NaN \(|must be \./);
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  const children = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...children.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy: Record<string, unknown> = typeof value === 'object' && value !== null ? structuredClone(value as Record<string, unknown>) : {};
  copy[key] = replaced(copy[key], rest, replacement);
  return copy;
}
