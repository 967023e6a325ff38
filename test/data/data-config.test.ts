import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveDataConfig, type DataConfig, type DataConfigArguments, type DataConfigSource } from '../../lib/data/data-config.js';
import { PipelineError } from '../../lib/errors.js';

interface Row {
  readonly claim: string;
  readonly args: DataConfigArguments;
  readonly pretrained: NonNullable<DataConfigSource['pretrained']>;
  readonly useTestSize: boolean;
  readonly want: DataConfig | null;
}

const golden = JSON.parse(await readFile(join(import.meta.dirname, '../golden/data-config.json'), 'utf8')) as { values: Row[] };

for (const { claim, args, pretrained, useTestSize, want } of golden.values) {
  test(`timm: ${claim}${want === null ? ' is refused' : ''}`, () => {
    const resolve = () => resolveDataConfig(args, { pretrained, useTestSize });
    if (want === null) assert.throws(resolve, isRefusal);
    else assert.deepEqual(resolve(), want);
  });
}

test('what is undefined says nothing', () => {
  const pretrained = { inputSize: [3, 20, 20], cropPct: 0.5 } as const;
  const config = resolveDataConfig({ imgSize: undefined, cropPct: undefined, mean: undefined }, { pretrained });
  assert.deepEqual([config.inputSize, config.cropPct], [[3, 20, 20], 0.5]);
});

for (const [claim, args, message] of [
  ['a side of 0', { imgSize: 0 }, /inputSize is \[3,0,0\], but must be \[channels, height, width\], whole numbers from 1 to 16384/],
  ['half a pixel', { imgSize: 22.5 }, /inputSize is \[3,22.5,22.5\]/],
  ['a side that no memory holds', { imgSize: 1e9 }, /inputSize is \[3,1000000000,1000000000\]/],
  ['an unknown interpolation', { interpolation: 'lanczos' }, /interpolation is "lanczos", but must be bicubic or bilinear/],
  ['an unknown crop mode', { cropMode: 'top' }, /cropMode is "top", but must be center, squash, border/],
  ['a std of 0', { std: [0] }, /std is \[0,0,0\], but must be finite numbers other than 0/],
  ['a mean of NaN', { mean: [Number.NaN] }, /mean is .* but must be finite numbers/],
  ['a negative crop', { cropPct: -1 }, /cropPct is -1, but must be a share from 0.01 to 10/],
] as const) {
  test(`${claim} is refused with what is allowed`, () => {
    assert.throws(() => resolveDataConfig(args as DataConfigArguments), message);
    assert.throws(() => resolveDataConfig(args as DataConfigArguments), isRefusal);
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'COMMAND_INVALID';
}
