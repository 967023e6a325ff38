import type { PretrainedConfig } from './pretrained-config.js';

/**
 * A stem [k, k, from, out] for another number of input channels, as timm does it: for one channel the sum over all; for more the
 * filters repeated over the channels, times from / to, so that an image of equal channels gives what it gave.
 */
export function adaptStem(values: Float32Array, shape: readonly number[], channels: number): Float32Array {
  const [height, width, from, out] = shape as readonly [number, number, number, number];
  const adapted = new Float32Array(height * width * channels * out);
  for (let at = 0; at < height * width; at++) {
    const filters = values.subarray(at * from * out, (at + 1) * from * out); // [from, out]
    for (let c = 0; c < Math.max(from, channels); c++) {
      for (let o = 0; o < out; o++) {
        if (channels === 1) adapted[at * out + o]! += filters[c * out + o]!;
        else if (c < channels) adapted[(at * channels + c) * out + o] = filters[(c % from) * out + o]! * (from / channels);
      }
    }
  }
  return adapted;
}

/**
 * What weights say of their images, for images of other channels: each channel is normalised by the mean of what the old ones were
 * normalised by, as it stands for all of them.
 */
export function adaptChannels(pretrained: PretrainedConfig, channels: number): PretrainedConfig {
  if (pretrained.inputSize[0] === channels) return pretrained;
  const forEach = (values: readonly number[]) => new Array<number>(channels).fill(values.reduce((sum, value) => sum + value, 0) / values.length);
  const resized = ([, height, width]: readonly [number, number, number]) => [channels, height, width] as const;
  const { inputSize, testInputSize, mean, std } = pretrained;
  return {
    ...pretrained,
    inputSize: resized(inputSize),
    ...(testInputSize && { testInputSize: resized(testInputSize) }),
    mean: forEach(mean),
    std: forEach(std),
  };
}
