import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadSpec } from '../../lib/spec/load.js';
import { dataFolder, MODELS } from './fixture.js';

/**
 * Every file of `broken/` says itself what is wrong with it: below a line at fault stand one or more comments
 * `# !! <column> <path> | <message> | <suggestion or ->`, where a file has room for no comment there at its head
 * with `<line>:<column>`. Adding a case is adding a file.
 */
const BROKEN = join(import.meta.dirname, 'broken');
const data = dataFolder();
after(() => data.remove());

const names = readdirSync(BROKEN).filter((name) => name.endsWith('.yaml'));

test('there are at least 64 broken specs', () => assert.ok(names.length >= 64, String(names.length)));

for (const name of names) {
  test(`${name}: every fault is reported where it stands, and nothing else`, () => {
    const file = join(BROKEN, name);
    const loaded = loadSpec({ file, dataFolders: [data.path], models: MODELS });
    assert.ok(!loaded.ok);
    const found = loaded.errors.map(({ line, column, path, message, suggestion }) => ({ line, column, path, message: portable(message), suggestion }));
    assert.deepEqual(found, expected(readFileSync(file, 'utf8')));
    assert.ok(loaded.errors.every((error) => error.file === file));
  });
}

function portable(message: string): string {
  return message.replaceAll(data.path, '<data>').replaceAll(BROKEN, '<spec>');
}

function expected(text: string) {
  let above = 0;
  return text.split('\n').flatMap((line, index) => {
    const mark = /^# !! (?:(\d+):)?(\d+) (\S+) \| (.+) \| (\S+)$/.exec(line);
    assert.ok(mark || !line.includes('# !!'), `a mark that cannot be read: ${line}`);
    if (!mark) above = index + 1;
    const [, elsewhere, column, path = '', message, suggestion] = mark ?? [];
    const at = { line: Number(elsewhere ?? above), column: Number(column) };
    return mark ? [{ ...at, path: path === '(root)' ? '' : path, message, suggestion: suggestion === '-' ? undefined : suggestion }] : [];
  });
}
