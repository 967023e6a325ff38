import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadSpec } from '../../lib/spec/load.js';
import { parse } from '../../lib/spec/parse.js';
import { MINIMAL, MODELS } from './fixture.js';

/** YAML 1.2's core schema, where it differs from what people know of 1.1 or guess. */
for (const [text, value] of [
  ['1e-2', 0.01],
  ['1.0e-2', 0.01],
  ['0777', 777],
  ['0o17', 15],
  ['0x1F', 31],
  ['1_000', '1_000'],
  ['yes', 'yes'],
  ['off', 'off'],
  ['True', true],
  ['~', null],
  ['12:30', '12:30'],
  ['2001-01-01', '2001-01-01'],
  ['"1"', '1'],
  ['!!str 1', '1'],
  ['.inf', Infinity],
] as const) {
  test(`${text} is ${JSON.stringify(value)}`, () => assert.deepEqual(parse(`a: ${text}`).value, { a: value }));
}

test('lines and columns are those of an editor, for keys and for values', () => {
  const document = parse('a: 1\nblock:\n  key:   "x"\nlist: [10, { b: 2 }]\n');
  const at = (offset: number) => Object.values(document.position(offset)).join(':');
  assert.equal(at(document.keyAt(['block', 'key'])), '3:3');
  assert.equal(at(document.valueAt(['block', 'key'])), '3:10');
  assert.equal(at(document.valueAt(['list', 0])), '4:8');
  assert.equal(at(document.keyAt(['list', 1, 'b'])), '4:14');
  assert.equal(at(document.keyAt(['block', 'absent', 'deeper'])), '2:1');
});

test('Windows line ends and a byte order mark move no column', () => {
  const lines = MINIMAL.replace('channels: 1', 'channels: 2');
  const found = ['', '\ufeff'].flatMap((mark) => [lines, lines.replaceAll('\n', '\r\n')].map((text) => errorsOf(mark + text)));
  assert.deepEqual(found, Array(4).fill(['4:32 /data/image/channels']));
});

test('columns count UTF-16 units, as editors do', () => {
  assert.deepEqual(errorsOf(`${MINIMAL}baseline: "🙂" # a comment\nnoise: { "🙂": 1, flap: none }\n`), [
    '11:11 /baseline',
    '12:10 /noise/🙂',
    '12:19 /noise/flap',
  ]);
});

test('an alias is its anchor, and what it holds is found there', () => {
  const document = parse('a: &x { b: [1, 2] }\nc: *x\n');
  assert.deepEqual(document.value, { a: { b: [1, 2] }, c: { b: [1, 2] } });
  assert.deepEqual(document.position(document.valueAt(['c'])), { line: 2, column: 4 });
  assert.deepEqual(document.position(document.valueAt(['c', 'b', 1])), { line: 1, column: 16 });
});

for (const [what, text] of [
  [
    'a bomb of aliases',
    `a: &a [${'x,'.repeat(100)}]\n${Array.from({ length: 8 }, (_, index) => `k${index}: &k${index} [${`*${index === 0 ? 'a' : `k${index - 1}`},`.repeat(100)}]`).join('\n')}\n`,
  ],
  ['ten thousand brackets', '['.repeat(10_000)],
  ['a deep staircase', Array.from({ length: 900 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
  ['twenty thousand values', `a: [${'1,'.repeat(20_000)}]`],
] as const) {
  test(`${what} is refused`, () => {
    const { issues } = parse(text);
    assert.ok(
      issues.some(({ kind }) => kind === 'too-large' || kind === 'syntax'),
      JSON.stringify(issues),
    );
  });
}

const folder = mkdtempSync(join(tmpdir(), 'spec-files-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'folder.yaml'));
writeFileSync(join(folder, 'latin-1.yaml'), Buffer.from('name: caf\xe9\n', 'latin1'));
writeFileSync(join(folder, 'large.yaml'), `# ${'x'.repeat(1_000_000)}\n`);
writeFileSync(join(folder, 'empty.yaml'), '');

for (const [name, message] of [
  ['absent.yaml', 'The file cannot be read: there is no such file.'],
  ['folder.yaml', 'The file cannot be read: it is a folder.'],
  ['empty.yaml/inside.yaml', 'The file cannot be read: a part of its path is not a folder.'],
  ['latin-1.yaml', 'The file cannot be read: it is not UTF-8 text.'],
  ['large.yaml', 'The file cannot be read: it has 1000003 bytes, but a pipeline may have 1000000.'],
  ['empty.yaml', 'The file is empty, but must hold a pipeline; pipelines/own-images.yaml is a template.'],
] as const) {
  test(`${name}: one error that says why`, () => {
    const loaded = loadSpec({ file: join(folder, name), dataFolders: [], models: MODELS });
    assert.ok(!loaded.ok);
    assert.deepEqual(
      loaded.errors.map((error) => [error.code, error.line, error.column, error.message]),
      [['SPEC_UNREADABLE', 1, 1, message]],
    );
  });
}

/** Errors about data are left out: there is none here. */
function errorsOf(text: string): string[] {
  const loaded = loadSpec({ file: join(folder, 'any.yaml'), text, dataFolders: [], models: MODELS });
  return loaded.ok ? [] : loaded.errors.filter(({ code }) => code !== 'DATA_MISSING').map(({ line, column, path }) => `${line}:${column} ${path}`);
}
