/** One decoded image: uint8 [height, width, channels], row-major. Gray (1) behaves as Pillow's mode 'L', 3 as 'RGB'. */
export interface Image {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** How an operation that moves pixels reads between them, and what it puts where the image ends (0…255 per channel). */
export interface Sampling {
  readonly interpolation: 'bilinear' | 'bicubic';
  readonly fill: readonly number[];
}

/** Colour of what lies outside an image: round(255 · mean) per channel, halves to even, as timm does in Python. */
export function fillColour(mean: readonly number[]): number[] {
  return mean.map((share) => {
    const value = 255 * share;
    const floor = Math.floor(value);
    return Math.min(255, value - floor === 0.5 ? floor + (floor % 2) : Math.round(value));
  });
}
