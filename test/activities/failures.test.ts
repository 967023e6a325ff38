import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/activity';
import { REPEATED, toFailure } from '../../activities/failures.js';
import { ERRORS, PipelineError, type ErrorCode } from '../../lib/errors.js';
import { JobAborted } from '../../lib/device/process.js';

const CODES = Object.keys(ERRORS) as ErrorCode[];

const document = await readFile(new URL('../../docs/failures.md', import.meta.url), 'utf8');

test('every error code says how often it is repeated, and nothing else does', () => {
  assert.deepEqual(Object.keys(REPEATED).sort(), [...CODES].sort());
});

/** [how often and for how long in the words of the document, codes] */
for (const [words, repetitions, seconds, codes] of [
  ['once', 1, 1, ['TRAINING_DIVERGED']],
  ['3 times in half a minute', 3, 31, ['DEVICE_LOST', 'DEVICE_STALLED', 'DOWNLOAD_CORRUPT', 'OUT_OF_MEMORY', 'SUPERSEDED']],
  ['for an hour', 63, 3631, ['HUB_UNREACHABLE', 'SERVER_UNREACHABLE', 'STORE_UNREACHABLE']],
] as const) {
  test(`${codes.join(', ')}: repeated ${words}, as docs/failures.md says`, () => {
    for (const code of codes) {
      assert.equal(REPEATED[code].length, repetitions);
      assert.equal(REPEATED[code].reduce((sum, ms) => sum + ms, 0) / 1000, seconds);
    }
    const documented = document.split('\n').filter((line) => line.endsWith(`| ${words} |`));
    assert.deepEqual(
      documented.map((line) => line.split('`')[1]),
      codes,
    );
  });
}

test('docs/failures.md names every code with its meaning, and no other', () => {
  const rows = document.split('\n').flatMap((line) => /^\| `([A-Z_]+)` \| (.*?) \| ([^|]*) \|$/.exec(line)?.slice(1, 4) ?? []);
  const expected = [...CODES].sort().flatMap((code) => [code, ERRORS[code], REPEATED[code].length === 0 ? 'no' : rows[rows.indexOf(code) + 2]!]);
  assert.deepEqual(rows, expected);
});

for (const code of CODES) {
  test(`${code} becomes a failure of that type with its message and evidence`, () => {
    const failure = toFailure(new PipelineError(code, 'here: 1, but must be 2', { evidence: { step: 7 } }));
    assert.equal(failure.type, code);
    assert.equal(failure.message, `${code} here: 1, but must be 2`);
    assert.equal(failure.nonRetryable, REPEATED[code].length === 0);
    assert.deepEqual(failure.details, [{ step: 7 }]);
  });
}

const own = ApplicationFailure.nonRetryable('as it is', 'OWN');

for (const [what, error, expected] of [
  ['an error without a code is retried', new Error('socket hang up'), { type: 'UNEXPECTED', nonRetryable: false }],
  ['something thrown that is no error is retried', 'text', { type: 'UNEXPECTED', nonRetryable: false }],
  ['a job that was stopped was interrupted', new JobAborted(null), { type: 'INTERRUPTED', nonRetryable: false }],
  [
    'a full disk is DISK_FULL whoever noticed it',
    Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }),
    { type: 'DISK_FULL', nonRetryable: true },
  ],
  ['a failure stays what it is', own, { type: 'OWN', nonRetryable: true }],
] as const) {
  test(what, () => {
    const { type, nonRetryable } = toFailure(error);
    assert.deepEqual({ type, nonRetryable }, expected);
  });
}

for (const [failures, delay] of [
  [1, 1_000],
  [2, 5_000],
  [3, 25_000],
] as const) {
  test(`failure ${failures} is repeated after ${delay} ms`, () => {
    const { nonRetryable, nextRetryDelay } = toFailure(new PipelineError('DEVICE_LOST', 'killed'), failures);
    assert.deepEqual([nonRetryable, nextRetryDelay], [false, delay]);
  });
}

test('the fourth failure is the last, unless the attempt was cut off from outside', () => {
  assert.equal(toFailure(new PipelineError('DEVICE_LOST', 'killed'), 4).nonRetryable, true);
  assert.equal(toFailure(new Error('socket hang up'), 4).nonRetryable, true);
  assert.equal(toFailure(new JobAborted(null), 4).nonRetryable, false);
});

test('a failure stays small, whatever its evidence', () => {
  const long = 'x'.repeat(100_000);
  const failure = toFailure(new PipelineError('DEVICE_LOST', long, { evidence: { stderr: [long] } }));
  assert.ok(JSON.stringify([failure.message, failure.details]).length < 8_000);
  assert.match(failure.message, /^DEVICE_LOST x+…$/);
});
