import { rotate, shearX, shearY, translateX, translateY } from './affine.js';
import { brightness, colour, contrast, sharpness } from './enhance.js';
import type { Image, Sampling } from './image.js';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './tables.js';

/** Writes the changed image to `to`, as large as `image.pixels` and never the same memory. */
export type Apply = (image: Image, to: Uint8Array, argument: number, sampling: Sampling) => void;

/** From timm's level, 0…10, to what an operation takes. `sign` is −1 or 1, drawn with equal chance for signed ones. */
export interface Mapping {
  readonly unit: string;
  readonly signed: boolean;
  readonly argument: (level: number, sign: -1 | 1) => number;
}

export interface Op {
  /** timm's name, without the `Increasing` of its second set. */
  readonly name: string;
  readonly apply: Apply;
  /** timm's first set; null = nothing to set. */
  readonly plain: Mapping | null;
  /** timm's second set (`inc1`), in which every operation gets stronger with the level. */
  readonly increasing: Mapping | null;
}

const DEGREES: Mapping = { unit: 'degrees', signed: true, argument: (level, sign) => sign * ((level / 10) * 30) };
const SHEAR: Mapping = { unit: 'pixels per pixel', signed: true, argument: (level, sign) => sign * ((level / 10) * 0.3) };
const SHIFT: Mapping = { unit: 'share of the side', signed: true, argument: (level, sign) => sign * ((level / 10) * 0.45) };
const BITS: Mapping = { unit: 'bits kept', signed: false, argument: (level) => Math.trunc((level / 10) * 4) };
const FEWER_BITS: Mapping = { ...BITS, argument: (level) => 4 - Math.trunc((level / 10) * 4) };
const THRESHOLD: Mapping = { unit: 'lowest value inverted', signed: false, argument: (level) => Math.trunc((level / 10) * 256) };
const LOWER_THRESHOLD: Mapping = { ...THRESHOLD, argument: (level) => 256 - Math.trunc((level / 10) * 256) };
const ADDEND: Mapping = { unit: 'added below 128', signed: false, argument: (level) => Math.trunc((level / 10) * 110) };
const FACTOR: Mapping = { unit: 'factor', signed: false, argument: (level) => (level / 10) * 1.8 + 0.1 };
const FACTOR_FROM_ONE: Mapping = { unit: 'factor', signed: true, argument: (level, sign) => Math.max(0.1, 1 + sign * ((level / 10) * 0.9)) };

/** timm's RandAugment, 1.0.29: its 15 operations in its order. */
export const OPS = [
  { name: 'AutoContrast', apply: autoContrast, plain: null, increasing: null },
  { name: 'Equalize', apply: equalize, plain: null, increasing: null },
  { name: 'Invert', apply: invert, plain: null, increasing: null },
  { name: 'Rotate', apply: rotate, plain: DEGREES, increasing: DEGREES },
  { name: 'Posterize', apply: posterize, plain: BITS, increasing: FEWER_BITS },
  { name: 'Solarize', apply: solarize, plain: THRESHOLD, increasing: LOWER_THRESHOLD },
  { name: 'SolarizeAdd', apply: solarizeAdd, plain: ADDEND, increasing: ADDEND },
  { name: 'Color', apply: colour, plain: FACTOR, increasing: FACTOR_FROM_ONE },
  { name: 'Contrast', apply: contrast, plain: FACTOR, increasing: FACTOR_FROM_ONE },
  { name: 'Brightness', apply: brightness, plain: FACTOR, increasing: FACTOR_FROM_ONE },
  { name: 'Sharpness', apply: sharpness, plain: FACTOR, increasing: FACTOR_FROM_ONE },
  { name: 'ShearX', apply: shearX, plain: SHEAR, increasing: SHEAR },
  { name: 'ShearY', apply: shearY, plain: SHEAR, increasing: SHEAR },
  { name: 'TranslateXRel', apply: translateX, plain: SHIFT, increasing: SHIFT },
  { name: 'TranslateYRel', apply: translateY, plain: SHIFT, increasing: SHIFT },
] as const satisfies readonly Op[];

export type OpName = (typeof OPS)[number]['name'];

export const OP_NAMES: readonly OpName[] = OPS.map(({ name }) => name);

export const OP_OF = Object.fromEntries(OPS.map((op) => [op.name, op])) as unknown as Readonly<Record<OpName, Op & { readonly name: OpName }>>;
