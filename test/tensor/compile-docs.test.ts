import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installPackage, ROOT } from './installed-package.js';

const { run } = installPackage();

test('every program of docs/compile.md prints what the page says', () => {
  const examples = examplesOf(readFileSync(join(ROOT, 'docs/compile.md'), 'utf8'));
  assert.deepEqual(
    examples.map(({ printed }) => printed.length),
    [1, 1, 2],
  );
  for (const [i, { program, printed }] of examples.entries()) for (const text of printed) assert.equal(run(`example-${i}.mjs`, program), text);
});

test('a page that promises something else is found out', () => {
  const [{ program, printed }] = examplesOf("```js\nconsole.log('one');\n```\n\nIt prints\n\n```text\ntwo\n```\n") as [Example];
  assert.deepEqual([run('promise.mjs', program), printed], ['one\n', ['two\n']]);
});

/** A block of JavaScript, and what running it prints: once for every block of text up to the next program. */
interface Example {
  readonly program: string;
  readonly printed: string[];
}

function examplesOf(page: string): readonly Example[] {
  const examples: Example[] = [];
  for (const [, language, block] of page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    if (language === 'js') examples.push({ program: block!, printed: [] });
    else if (language === 'text') examples.at(-1)!.printed.push(block!);
  }
  return examples;
}
