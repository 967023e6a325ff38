import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure, reviveFailure } from '../../lib/device/failure.js';
import { PipelineError } from '../../lib/errors.js';

/** [what was thrown in the child, the code it gets]; the first two are as libtensorflow words them. */
const ROWS: [error: Error, code: string][] = [
  [new Error('Session fail to run with error: OOM when allocating tensor with shape[64,112,112,32]'), 'OUT_OF_MEMORY'],
  [new Error('RESOURCE_EXHAUSTED: failed to allocate memory'), 'OUT_OF_MEMORY'],
  [new RangeError('Array buffer allocation failed'), 'OUT_OF_MEMORY'],
  [new Error("ENOSPC: no space left on device, write '/x/state.safetensors'"), 'DISK_FULL'],
  [new PipelineError('WEIGHTS_INVALID', 'model.safetensors: torn'), 'WEIGHTS_INVALID'],
  [new TypeError('x is undefined'), 'UNEXPECTED'],
];

for (const [error, code] of ROWS) {
  test(`"${error.message}" travels as ${code}`, () => assert.equal(describeFailure(error).code, code));
}

test('a PipelineError comes out as it went in', () => {
  const thrown = new PipelineError('TRAINING_DIVERGED', 'step 3: loss is NaN', { evidence: { step: 3 } });
  const revived = reviveFailure(structuredClone(describeFailure(thrown))) as PipelineError;
  assert.equal(revived.message, thrown.message);
  assert.deepEqual([revived.code, revived.evidence], [thrown.code, thrown.evidence]);
  assert.equal((revived.cause as Error).stack, thrown.stack);
});
