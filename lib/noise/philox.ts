/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a bijection of
 * 128-bit counters chosen by a 64-bit key. Equal (counter, key) give equal bits on every machine, in any order.
 *
 * Writes the four 32-bit words of block (c0, c1, c2, c3) to `out[at … at + 3]`. Words may be signed or unsigned.
 */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array, at: number): void {
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(c0, 0x1f53, 0xd251);
    const low0 = Math.imul(c0, 0xd251_1f53);
    const high1 = highProduct(c2, 0x8d57, 0xcd9e);
    const low1 = Math.imul(c2, 0xcd9e_8d57);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e37_79b9) | 0; // The golden ratio and √3 − 1, as fractions of 2³².
    k1 = (k1 + 0xbb67_ae85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Upper 32 bits of the 64-bit product of `word` and (high · 2¹⁶ + low), from 16-bit halves: no partial sum passes 2³². */
function highProduct(word: number, low: number, high: number): number {
  const wordLow = word & 0xffff;
  const wordHigh = word >>> 16;
  const middle = (Math.imul(wordHigh, low) + (Math.imul(wordLow, low) >>> 16)) | 0;
  const carry = (Math.imul(wordLow, high) + (middle & 0xffff)) | 0;
  return (Math.imul(wordHigh, high) + (middle >>> 16) + (carry >>> 16)) | 0;
}
