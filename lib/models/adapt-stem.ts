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
