import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../lib/nearest.js';

const KEYS = ['steps', 'batch', 'unlabelledRatio', 'optimiser', 'ema', 'labelSmoothing', 'checkpointEvery', 'warmupSteps', 'validation', 'idx'];
const MODELS = ['efficientnet_t0', 'efficientnet_b0', 'efficientnet_b7', 'tf_efficientnet_b7', 'efficientnet_l2'];

for (const [written, valid, expected] of [
  ['step', KEYS, 'steps'],
  ['Steps', KEYS, 'steps'],
  ['bacth', KEYS, 'batch'],
  ['ixd', KEYS, 'idx'],
  ['optimizer', KEYS, 'optimiser'],
  ['label_smoothing', KEYS, 'labelSmoothing'],
  ['smoothing', KEYS, 'labelSmoothing'],
  ['warmup', KEYS, 'warmupSteps'],
  ['val', KEYS, 'validation'],
  ['eam', KEYS, 'ema'],
  ['learningRate', KEYS, undefined],
  ['x', KEYS, undefined],
  ['', KEYS, undefined],
  ['steps', [], undefined],
  ['efficientnet-b0', MODELS, 'efficientnet_b0'],
  ['EfficientNetB7', MODELS, 'efficientnet_b7'],
  ['efficentnet_l2', MODELS, 'efficientnet_l2'],
  ['b7', MODELS, 'efficientnet_b7'],
  ['resnet50', MODELS, undefined],
] as const) {
  test(`${JSON.stringify(written)} is ${expected === undefined ? 'near to nothing' : `taken for ${expected}`}`, () =>
    assert.equal(nearest(written, valid), expected));
}
