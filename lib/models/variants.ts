import { PipelineError, quoted } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Family, Stage, Variant } from './family.js';
import { countParameters, outline, type Network, type Shape } from './outline.js';

export type { Block, Network, Shape, TensorOutline } from './outline.js';

/** EfficientNet-B0 (Tan & Le 2019, table 1). Every `b` row and `l2` is a scaling of it. */
const B0_STAGES: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expand: 1, channels: 16 },
  { repeats: 2, kernel: 3, stride: 2, expand: 6, channels: 24 },
  { repeats: 2, kernel: 5, stride: 2, expand: 6, channels: 40 },
  { repeats: 3, kernel: 3, stride: 2, expand: 6, channels: 80 },
  { repeats: 3, kernel: 5, stride: 1, expand: 6, channels: 112 },
  { repeats: 4, kernel: 5, stride: 2, expand: 6, channels: 192 },
  { repeats: 1, kernel: 3, stride: 1, expand: 6, channels: 320 },
];

/** For images of about 28 pixels: maps of 14, 7 and 4 pixels. */
const T0_STAGES: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 2, expand: 1, channels: 16 },
  { repeats: 1, kernel: 3, stride: 1, expand: 3, channels: 24 },
  { repeats: 1, kernel: 3, stride: 2, expand: 4, channels: 40 },
];
const T1_STAGES: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 2, expand: 1, channels: 24 },
  { repeats: 1, kernel: 3, stride: 1, expand: 3, channels: 24 },
  { repeats: 2, kernel: 3, stride: 2, expand: 4, channels: 48 },
];

const B0 = { stem: 32, stages: B0_STAGES, head: 1280, momentum: 0.9 } as const;
const SMALL = { width: 1, depth: 1, size: 28, crop: 1, dropout: 0.1, momentum: 0.95 } as const;

/** Width, depth, size and dropout: google-research/noisystudent; crop and momentum: timm. */
export const VARIANTS = {
  t0: { ...SMALL, stem: 12, stages: T0_STAGES, head: 128 },
  t1: { ...SMALL, stem: 16, stages: T1_STAGES, head: 160 },
  b0: { ...B0, width: 1.0, depth: 1.0, size: 224, crop: 0.875, dropout: 0.2 },
  b1: { ...B0, width: 1.0, depth: 1.1, size: 240, crop: 0.882, dropout: 0.2 },
  b2: { ...B0, width: 1.1, depth: 1.2, size: 260, crop: 0.89, dropout: 0.3 },
  b3: { ...B0, width: 1.2, depth: 1.4, size: 300, crop: 0.904, dropout: 0.3 },
  b4: { ...B0, width: 1.4, depth: 1.8, size: 380, crop: 0.922, dropout: 0.4 },
  b5: { ...B0, width: 1.6, depth: 2.2, size: 456, crop: 0.934, dropout: 0.4 },
  b6: { ...B0, width: 1.8, depth: 2.6, size: 528, crop: 0.942, dropout: 0.5 },
  b7: { ...B0, width: 2.0, depth: 3.1, size: 600, crop: 0.949, dropout: 0.5 },
  b8: { ...B0, width: 2.2, depth: 3.6, size: 672, crop: 0.954, dropout: 0.5 },
  l2: { ...B0, width: 4.3, depth: 5.3, size: 800, crop: 0.96, dropout: 0.5 },
} as const satisfies Record<string, Variant>;

const FAMILIES = {
  efficientnet: { padding: 'symmetric', epsilon: 1e-5 },
  tf_efficientnet: { padding: 'same', epsilon: 1e-3 },
} as const satisfies Record<string, Family>;

/** Every model name, smallest first: `efficientnet_t0` … `efficientnet_l2`, then `tf_efficientnet_b0` … `tf_efficientnet_l2`. */
export function modelNames(): readonly string[] {
  return [...MODELS.keys()];
}

/**
 * The network of a model name, for images [n, height, width, channels] and logits [n, classes]: its blocks and
 * the name, shape and initial law of every tensor. Throws MODEL_UNKNOWN, and MODEL_INVALID for a shape that no network has.
 */
export function outlineNetwork(name: string, shape: Shape): Network {
  const { variant, family } = findModel(name);
  return outline(name, variant, family, shape);
}

/** `countParameters` of a model's name. Throws MODEL_UNKNOWN. */
export function parameterCount(name: string, classes: number, channels: number): number {
  return countParameters(outlineNetwork(name, { classes, channels }));
}

/** Whether timm has an architecture of this name: the small rows exist here alone. */
export function isOfTimm(name: string): boolean {
  return !/_t\d$/.test(name);
}

/** The row and the family of a model name. Throws MODEL_UNKNOWN with the nearest name. */
function findModel(name: string): { readonly variant: Variant; readonly family: Family } {
  const model = MODELS.get(name);
  if (model) return model;
  const names = modelNames();
  const near = nearest(name, names);
  throw new PipelineError('MODEL_UNKNOWN', `no model is named ${quoted(name)}${near ? `; did you mean "${near}"?` : '.'} Known: ${names.join(', ')}.`);
}

const MODELS = new Map<string, { readonly variant: Variant; readonly family: Family }>(
  Object.entries(FAMILIES).flatMap(([prefix, family]) =>
    Object.entries(VARIANTS)
      // The small rows exist with one padding only: no weights elsewhere ask for the other.
      .filter(([row]) => prefix === 'efficientnet' || !row.startsWith('t'))
      .map(([row, variant]) => [`${prefix}_${row}`, { variant, family }] as const),
  ),
);
