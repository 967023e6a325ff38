/** Counts of the 256 values of each channel: whole numbers, so mean and deviation do not depend on any order. */
export class PixelStatistics {
  private readonly counts: readonly Float64Array[];

  constructor(channels: number) {
    this.counts = Array.from({ length: channels }, () => new Float64Array(256));
  }

  /** uint8 [n, channels]. */
  add(pixels: Uint8Array): void {
    const channels = this.counts.length;
    for (const [channel, counts] of this.counts.entries()) {
      for (let i = channel; i < pixels.length; i += channels) counts[pixels[i]!]!++;
    }
  }

  /** Per channel, of values in 0…1; computed in float64 and rounded to float32, which is what a model is given. */
  mean(): number[] {
    return this.counts.map((counts) => Math.fround(meanOf(counts) / 255));
  }

  /** Of the population (divided by n). */
  std(): number[] {
    return this.counts.map((counts) => {
      const mean = meanOf(counts);
      const squares = counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0);
      return Math.fround(Math.sqrt(squares / total(counts)) / 255);
    });
  }
}

function meanOf(counts: Float64Array): number {
  return counts.reduce((sum, count, value) => sum + count * value, 0) / total(counts);
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
