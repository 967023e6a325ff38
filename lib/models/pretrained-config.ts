/** How a resized image is cut: its centre; both sides squashed to a square first; or padded so that the longer side fits. */
export const CROP_MODES = ['center', 'squash', 'border'] as const;
export type CropMode = (typeof CROP_MODES)[number];

export const INTERPOLATIONS = ['bicubic', 'bilinear'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

/** Least and largest share of a resized image that is kept; above 1 the crop is padded. Outside, an image would fill the memory, or be none. */
export const CROP_SHARES = [0.01, 10] as const;

/** timm's `pretrained_cfg`: how images are made for these weights, and what the weights are. */
export interface PretrainedConfig {
  /** Which weights of the architecture these are, as in `architecture.tag`; '' where nobody named them. */
  readonly tag: string;
  /** [channels, height, width], pixels. */
  readonly inputSize: readonly [number, number, number];
  /** A larger size at which the weights are better still, and its crop. */
  readonly testInputSize?: readonly [number, number, number];
  readonly testCropPct?: number;
  readonly interpolation: Interpolation;
  /** Share of the resized image that is kept. */
  readonly cropPct: number;
  readonly cropMode: CropMode;
  /** Per channel, in 0…1: an input is (x / 255 - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly numClasses: number;
}
