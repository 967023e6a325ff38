import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { withoutPrivate } from '../activities/without-private.js';
import { onThisMachine, redacted, redaction, secretsOf } from '../lib/redaction.js';

const redact = redaction({ homes: ['/home/ann', '/users/ann/', '/'], secrets: ['hf_planted', 'short'] });

for (const [text, rewritten] of [
  ['/home/ann/data/x.png is not there', '~/data/x.png is not there'],
  ["ENOENT: open '/users/ann/data'", "ENOENT: open '~/data'"],
  ['look into /home/ann.', 'look into ~.'],
  ['local-dir:/home/ann/m and file:///home/ann/m', 'local-dir:~/m and file://~/m'],
  ['at work (/home/ann/a.ts:1:2)', 'at work (~/a.ts:1:2)'],
  ['/home/anna/data, /home/ann-2/data and /home/ann.bak/data', '/home/anna/data, /home/ann-2/data and /home/ann.bak/data'],
  ['/data/home/ann/x', '/data/home/ann/x'],
  ['Bearer hf_planted', 'Bearer ***'],
  ['a short word', 'a short word'],
  ['http://ann:pass-word@store:9000/x', 'http://***@store:9000/x'],
  ['https://token@hub/x and mail to ann@hub', 'https://***@hub/x and mail to ann@hub'],
] as const) {
  test(`${text} is told as ${rewritten}`, () => assert.equal(redact(text), rewritten));
}

test('without a home of its own nothing is taken for one', () => assert.equal(redaction({ homes: ['/'], secrets: [] })('/data/x'), '/data/x'));

test('texts are rewritten at every depth, and names as well', () => {
  assert.deepEqual(redacted({ '/home/ann/a': ['/home/ann/b', 1, null, { c: '/home/ann/c' }] }, redact), { '~/a': ['~/b', 1, null, { c: '~/c' }] });
});

test('a path below the home leads to the home of the machine that reads it', () => {
  assert.deepEqual(
    ['~/data', '~', '/data/~/x', '~bob/x'].map((path) => onThisMachine(path, '/home/bob')),
    ['/home/bob/data', '/home/bob', '/data/~/x', '~bob/x'],
  );
});

test('secret are the values of what is called a token, a key or a password, but not where one lies', () => {
  const environment = {
    HF_TOKEN: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    TEMPORAL_API_KEY: 'c',
    DB_PASSWORD: 'd',
    HF_TOKEN_PATH: '/home/ann/token',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/token',
    HOME: '/home/ann',
    HF_HUB_TOKEN: '',
  };
  assert.deepEqual(secretsOf(environment), ['a', 'b', 'c', 'd']);
});

test('a failure of an activity has no stack, and neither home nor secret in its message, its evidence and its causes', async () => {
  const cause = new Error('hf_planted was refused');
  const failure = ApplicationFailure.create({ message: 'read /home/ann/x', details: [{ at: '/home/ann/x', of: ['hf_planted'] }], cause });
  const { fail } = withoutPrivate({ fail: () => Promise.reject(failure) }, redact);
  await assert.rejects(fail(), (error: ApplicationFailure) => {
    assert.deepEqual(
      [error.message, error.stack, error.details, cause.message, cause.stack],
      ['read ~/x', '', [{ at: '~/x', of: ['***'] }], '*** was refused', ''],
    );
    return true;
  });
});
