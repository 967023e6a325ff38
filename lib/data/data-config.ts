import { PipelineError } from '../errors.js';
import { CROP_MODES, CROP_SHARES, INTERPOLATIONS, type CropMode, type Interpolation, type PretrainedConfig } from '../models/pretrained-config.js';

/** How an image of any size becomes a model's input: what timm's `resolve_data_config` returns. */
export interface DataConfig {
  /** [channels, height, width], pixels. */
  readonly inputSize: readonly [number, number, number];
  readonly interpolation: Interpolation;
  /** Per channel, in 0…1: an input is (x / 255 - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Share of the resized image that is kept. */
  readonly cropPct: number;
  readonly cropMode: CropMode;
}

/** What a person may want otherwise; undefined and null say nothing, and so do '' and a `cropPct` of 0. */
export interface DataConfigArguments {
  /** [channels, height, width]; beats `imgSize` and the two counts of channels. */
  readonly inputSize?: readonly number[] | null | undefined;
  /** Height and width. */
  readonly imgSize?: number | null | undefined;
  /** Channels for `imgSize` and for a mean or std of one number; `inChans` beats `chans`. */
  readonly inChans?: number | null | undefined;
  readonly chans?: number | null | undefined;
  readonly interpolation?: Interpolation | '' | null | undefined;
  /** One number for all channels, or one for each. */
  readonly mean?: readonly number[] | null | undefined;
  readonly std?: readonly number[] | null | undefined;
  readonly cropPct?: number | null | undefined;
  readonly cropMode?: CropMode | '' | null | undefined;
}

export interface DataConfigSource {
  /** Of the weights. */
  readonly pretrained?: Partial<PretrainedConfig> | null | undefined;
  /** Prefer the weights' `testInputSize` and `testCropPct`. */
  readonly useTestSize?: boolean | undefined;
}

/** timm's defaults: 224 pixels of which .875 was kept, and ImageNet's statistics (`timm/data/constants.py`, 1.0.31). */
const DEFAULTS = {
  size: 224,
  interpolation: 'bicubic',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  cropPct: 0.875,
  cropMode: 'center',
} as const;

/** Sides beyond this are taken for a mistake: no model of the family has a tenth of it. */
const LARGEST_SIDE = 16_384;

/**
 * Arguments, then what the weights say, then the defaults, as timm 1.0.31's `resolve_data_config`, key by key. As there, a count of
 * channels alone does not change the weights' input size. Throws COMMAND_INVALID for a value that cannot be, or if there is neither
 * an argument nor a config of weights.
 */
export function resolveDataConfig(args: DataConfigArguments | null | undefined, { pretrained, useTestSize = false }: DataConfigSource = {}): DataConfig {
  const given = args ?? {};
  const weights = pretrained ?? {};
  if (Object.keys(given).length === 0 && Object.keys(weights).length === 0) {
    throw new PipelineError('COMMAND_INVALID', 'resolveDataConfig: neither an argument nor a config of weights was given, but it needs one of them');
  }
  const wanted = wantedSize(given);
  const inputSize = wanted ?? (useTestSize ? weights.testInputSize : null) ?? weights.inputSize ?? sized(channelsOf(given), DEFAULTS.size);
  const channels = given.inputSize ? inputSize[0] : channelsOf(given);
  const resolved: DataConfig = {
    inputSize,
    interpolation: given.interpolation || weights.interpolation || DEFAULTS.interpolation,
    mean: perChannel('mean', given.mean, channels) ?? nonEmpty(weights.mean) ?? DEFAULTS.mean,
    std: perChannel('std', given.std, channels) ?? nonEmpty(weights.std) ?? DEFAULTS.std,
    cropPct: given.cropPct || (useTestSize && weights.testCropPct) || weights.cropPct || DEFAULTS.cropPct,
    cropMode: given.cropMode || weights.cropMode || DEFAULTS.cropMode,
  };
  for (const rule of RULES) rule(resolved);
  return resolved;
}

function wantedSize({ inputSize, imgSize, ...rest }: DataConfigArguments): DataConfig['inputSize'] | null {
  if (inputSize) {
    if (inputSize.length !== 3) throw refuse('inputSize', inputSize, 'must be [channels, height, width]');
    return [inputSize[0]!, inputSize[1]!, inputSize[2]!];
  }
  return imgSize === null || imgSize === undefined ? null : sized(channelsOf(rest), imgSize);
}

function channelsOf({ inChans, chans }: DataConfigArguments): number {
  return inChans ?? chans ?? 3;
}

function sized(channels: number, side: number): DataConfig['inputSize'] {
  return [channels, side, side];
}

function perChannel(key: 'mean' | 'std', values: readonly number[] | null | undefined, channels: number): readonly number[] | null {
  if (!values) return null;
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]!);
  if (values.length !== channels) throw refuse(key, values, `must be one number, or one for each of the ${channels} channels`);
  return [...values];
}

function nonEmpty(values: readonly number[] | null | undefined): readonly number[] | null {
  return values && values.length > 0 ? values : null;
}

/** What every resolved config obeys, whoever a value came from. */
const RULES: readonly ((config: DataConfig) => void)[] = [
  ({ inputSize }) => {
    const isRight = inputSize.length === 3 && inputSize.every((side) => Number.isInteger(side) && side >= 1 && side <= LARGEST_SIDE);
    if (!isRight) throw refuse('inputSize', inputSize, `must be [channels, height, width], whole numbers from 1 to ${LARGEST_SIDE}`);
  },
  ({ interpolation }) => {
    if (!INTERPOLATIONS.includes(interpolation)) throw refuse('interpolation', interpolation, `must be ${INTERPOLATIONS.join(' or ')}`);
  },
  ({ mean }) => {
    if (!mean.every(Number.isFinite)) throw refuse('mean', mean, 'must be finite numbers');
  },
  ({ std }) => {
    if (!std.every((value) => Number.isFinite(value) && Math.fround(value) !== 0)) throw refuse('std', std, 'must be finite numbers other than 0');
  },
  ({ cropPct }) => {
    const isShare = cropPct >= CROP_SHARES[0] && cropPct <= CROP_SHARES[1];
    if (!isShare) throw refuse('cropPct', cropPct, `must be a share from ${CROP_SHARES[0]} to ${CROP_SHARES[1]}, such as 0.875`);
  },
  ({ cropMode }) => {
    if (!CROP_MODES.includes(cropMode)) throw refuse('cropMode', cropMode, `must be ${CROP_MODES.join(', ')}`);
  },
];

function refuse(key: keyof DataConfig, found: unknown, allowed: string): PipelineError {
  return new PipelineError('COMMAND_INVALID', `${key} is ${JSON.stringify(found)}, but ${allowed}`);
}
