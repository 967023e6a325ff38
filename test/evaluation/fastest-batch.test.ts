import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fastestBatch, type Probe as Measured, type ProbeLimits } from '../../lib/evaluation/fastest-batch.js';

const LIMITS: ProbeLimits = { unit: 4, images: 1_000, memoryBytes: 1_000, budget: 1_000 };

type Probe = Pick<Measured, 'ms' | 'bytes'>;

/** ms of a batch that takes 10 ms and 1 ms for each image, the overhead spread better the larger it is; 1 byte for each image. */
const even = (batch: number): Probe => ({ ms: 10 + batch, bytes: batch });

const ROWS: readonly [claim: string, probe: (batch: number) => Probe, limits: Partial<ProbeLimits>, expected: number, tried: number[]][] = [
  ['it doubles for as long as a batch is worth it', even, {}, 128, [8, 16, 32, 64, 128, 256]],
  ['it stops where memory would not be enough, without trying', even, { memoryBytes: 40 }, 32, [8, 16, 32]],
  ['it stops at a batch that took more memory than it should', (batch) => ({ ms: 1, bytes: batch > 16 ? 999 : 1 }), { memoryBytes: 40 }, 16, [8, 16, 32]],
  ['it tries no batch of which half would be empty', even, { images: 20 }, 32, [8, 16, 32]],
  ['where there are no more images than a unit it takes that', even, { images: 3 }, 4, [4]],
  ['it stops when its time is over', (batch) => ({ ms: 300 + batch, bytes: 1 }), { budget: 700 }, 16, [8, 16]],
  ['a batch that fails is too large', (batch) => (batch > 8 ? fail() : { ms: 1, bytes: 1 }), {}, 8, [8, 16]],
];

for (const [claim, probe, limits, expected, tried] of ROWS) {
  test(claim, () => {
    const asked: number[] = [];
    const spy = (batch: number) => {
      asked.push(batch);
      const measured = probe(batch);
      return { ...measured, spentMs: 2 * measured.ms };
    };
    assert.equal(fastestBatch(spy, { ...LIMITS, ...limits }), expected);
    assert.deepEqual(asked, tried);
  });
}

test("the smallest batch's failure is told", () => {
  assert.throws(() => fastestBatch(fail, LIMITS), /out of memory/);
});

function fail(): never {
  throw new Error('out of memory');
}
