import { PipelineError } from '../errors.js';
import type { Family, Stage, Variant } from './family.js';
import { outlineLevels, type Level } from './levels.js';
import { parsePool, POOLS, type Pool } from './pool.js';

/** What a network is made of, without a single number of its weights. Plain data; needs no TensorFlow. */
export interface Network extends Family {
  readonly name: string;
  /** 0 = there is no classifier: the pooled features are what comes out. */
  readonly classes: number;
  /** Channels of the input images. */
  readonly channels: number;
  /** Side of the images the variant is meant for, in pixels; any other size works too. */
  readonly size: number;
  /** Share of a resized image that the centre crop keeps, when images are cropped at all. */
  readonly crop: number;
  readonly momentum: number;
  /** Channels after the stem, and of the last map. */
  readonly stem: number;
  readonly features: number;
  /** Whether `conv_head` and its norm follow the blocks; without them the last block's map is the last one. */
  readonly head: boolean;
  readonly pool: Pool;
  /** Features of an image before the classifier: twice those of the last map where the pool joins two. */
  readonly pooled: number;
  /** The maps that other networks build upon, largest first. */
  readonly levels: readonly Level[];
  readonly blocks: readonly Block[];
  /** In timm's order of the state dict, less its `num_batches_tracked` counters. */
  readonly tensors: readonly TensorOutline[];
}

export interface Block {
  /** timm's name, `blocks.<stage>.<position>`. */
  readonly name: string;
  /** 0-based over all stages: the row of the drop-path mask. */
  readonly index: number;
  readonly stage: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  /** Pixels from one tap of the depthwise kernel to the next; where it is above 1, the stride is 1. */
  readonly dilation: number;
  readonly expand: number;
  /** Channels that enter, that the depthwise convolution sees, and that leave. */
  readonly in: number;
  readonly mid: number;
  readonly out: number;
  /** Channels between the two convolutions of squeeze-and-excitation. */
  readonly reduced: number;
  /** Whether the input is added to the output. Only such blocks can be dropped. */
  readonly skip: boolean;
}

export interface TensorOutline {
  /** timm's name. */
  readonly name: string;
  /** TensorFlow's layout: see `layout`. */
  readonly shape: readonly number[];
  readonly layout: 'HWIO' | 'HWCM' | 'IO' | 'vector';
  /** 'weight' is trained; 'mean' and 'variance' are a batch norm's running statistics. */
  readonly kind: 'weight' | 'mean' | 'variance';
  /** Weight decay applies: true for tensors of rank above 1. */
  readonly decays: boolean;
  readonly init: Initial;
  /** Of a convolution: the batch norm that follows it. */
  readonly norm?: string;
}

export type Initial =
  | { readonly law: 'constant'; readonly value: number }
  | { readonly law: 'normal'; readonly deviation: number }
  | { readonly law: 'uniform'; readonly bound: number };

/** Whatever of a network its row does not say. */
export interface Shape {
  /** Logits; 0 leaves the classifier out. */
  readonly classes: number;
  /** Channels of the input images. */
  readonly channels: number;
  /** timm's name of the pool before the classifier, 'avg' unless said; '' is no pool, and then there can be no classifier. */
  readonly pool?: string;
  /** How many times smaller than the image the last map may be, 32 unless said: strides beyond it become dilation. */
  readonly outputStride?: number;
}

/** The network of one row of the table in `variants.ts`. Throws MODEL_INVALID for a shape that no network has. */
export function outline(name: string, variant: Variant, family: Family, { classes, channels, pool: poolName = 'avg', outputStride = 32 }: Shape): Network {
  const pool = parsePool(poolName);
  checkShape(name, classes, channels, pool, outputStride);
  const stem = scaleChannels(variant.stem, variant);
  const features = scaleChannels(variant.head, variant);
  const blocks = outlineBlocks(variant, stem, outputStride);
  const levels = outlineLevels(variant.stages, stem, blocks);
  const pooled = features * POOLS[pool].width;
  const tensors = [
    convolution('conv_stem', 3, channels, stem, 'bn1'),
    ...batchNorm('bn1', stem),
    ...blocks.flatMap(outlineBlock),
    convolution('conv_head', 1, blocks.at(-1)?.out ?? stem, features, 'bn2'),
    ...batchNorm('bn2', features),
    ...(classes > 0 ? classifier(pooled, classes) : []),
  ];
  const { size, crop, momentum } = variant;
  return { name, classes, channels, size, crop, momentum, ...family, stem, features, head: true, pool, pooled, levels, blocks, tensors };
}

/** Trained numbers, weights and biases without the running statistics, as timm counts them. */
export function countParameters({ tensors }: Pick<Network, 'tensors'>): number {
  return tensors.filter(({ kind }) => kind === 'weight').reduce((sum, { shape }) => sum + elements(shape), 0);
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Nearest multiple of 8, at least 8 and at least 90 % of `channels * width` (Tan & Le's code). */
export function roundChannels(channels: number, width: number): number {
  const wanted = channels * width;
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

/** Rows of width 1 stand as they are: the small variants have channels that are no multiple of 8. */
function scaleChannels(channels: number, { width }: Variant): number {
  return width === 1 ? channels : roundChannels(channels, width);
}

function checkShape(name: string, classes: number, channels: number, pool: Pool, outputStride: number): void {
  const refuse = (found: string, allowed: string) => {
    throw new PipelineError('MODEL_INVALID', `${name} with ${found}: ${allowed}.`);
  };
  if (!Number.isSafeInteger(classes) || classes < 0 || classes > MOST)
    refuse(`${classes} classes`, `it must be a whole number to ${MOST}, 0 for no classifier`);
  if (!Number.isSafeInteger(channels) || channels < 1 || channels > MOST)
    refuse(`${channels} channels`, `images have a whole number of channels, from 1 to ${MOST}`);
  if (!OUTPUT_STRIDES.includes(outputStride)) refuse(`an output stride of ${outputStride}`, `it must be one of ${OUTPUT_STRIDES.join(', ')}`);
  if (pool === '' && classes > 0)
    refuse(`${classes} classes and no pool`, 'a classifier needs pooled features; name a pool, or ask for 0 classes to get the map itself');
}

/** Of classes and channels (and pixels on a side): above it something is wrong, and arrays of that size would only fail later. */
export const MOST = 1_000_000;

/** The stem has a stride of 2, and no network one above 32. */
const OUTPUT_STRIDES: readonly number[] = [32, 16, 8, 4, 2];

function outlineBlocks(variant: Variant, stem: number, outputStride: number): Block[] {
  const blocks: Block[] = [];
  let [channels, reduction, dilation] = [stem, 2, 1];
  for (const [stage, row] of variant.stages.entries()) {
    const out = scaleChannels(row.channels, variant);
    for (let position = 0; position < Math.ceil(row.repeats * variant.depth); position++) {
      const wanted = position === 0 ? row.stride : 1;
      const stride = reduction * wanted <= outputStride ? wanted : 1;
      const block = { name: `blocks.${stage}.${position}`, index: blocks.length, stage, in: channels, out };
      blocks.push({ ...block, dilation, ...blockGeometry(row, stride, channels, out) });
      // From the next block on, as in timm: the taps of the block that loses its stride lie on the grid that comes in.
      if (stride !== wanted) dilation *= wanted;
      [channels, reduction] = [out, reduction * stride];
    }
  }
  return blocks;
}

function blockGeometry({ kernel, expand }: Stage, stride: 1 | 2, channels: number, out: number) {
  // The reduction counts from the block's input, not from its expanded middle.
  return { kernel, stride, expand, mid: channels * expand, reduced: Math.round(channels / 4), skip: stride === 1 && channels === out } as const;
}

/** timm's names: `conv_pw` is the projection where nothing is expanded, and the expansion elsewhere. */
function outlineBlock({ name, kernel, expand, in: input, mid, out, reduced }: Block): TensorOutline[] {
  const squeezed = [
    convolution(`${name}.se.conv_reduce`, 1, mid, reduced),
    vector(`${name}.se.conv_reduce.bias`, reduced, 0),
    convolution(`${name}.se.conv_expand`, 1, reduced, mid),
    vector(`${name}.se.conv_expand.bias`, mid, 0),
  ];
  if (expand === 1) {
    return [
      ...[depthwise(`${name}.conv_dw`, kernel, mid, `${name}.bn1`), ...batchNorm(`${name}.bn1`, mid)],
      ...squeezed,
      ...[convolution(`${name}.conv_pw`, 1, mid, out, `${name}.bn2`), ...batchNorm(`${name}.bn2`, out)],
    ];
  }
  return [
    ...[convolution(`${name}.conv_pw`, 1, input, mid, `${name}.bn1`), ...batchNorm(`${name}.bn1`, mid)],
    ...[depthwise(`${name}.conv_dw`, kernel, mid, `${name}.bn2`), ...batchNorm(`${name}.bn2`, mid)],
    ...squeezed,
    ...[convolution(`${name}.conv_pwl`, 1, mid, out, `${name}.bn3`), ...batchNorm(`${name}.bn3`, out)],
  ];
}

/** He's normal over the outputs (fan-out), as timm and Google's code draw it. */
function convolution(name: string, kernel: number, input: number, output: number, norm?: string): TensorOutline {
  const weight = matrix(`${name}.weight`, [kernel, kernel, input, output], 'HWIO', { law: 'normal', deviation: Math.sqrt(2 / (kernel * kernel * output)) });
  return norm === undefined ? weight : { ...weight, norm };
}

/** One filter per channel, so each output's fan-out is one kernel. */
function depthwise(name: string, kernel: number, channels: number, norm: string): TensorOutline {
  return { ...matrix(`${name}.weight`, [kernel, kernel, channels, 1], 'HWCM', { law: 'normal', deviation: Math.sqrt(2 / (kernel * kernel)) }), norm };
}

/** Uniform within 1/sqrt(classes): timm and Google's code count the outputs, not the inputs. */
function classifier(features: number, classes: number): TensorOutline[] {
  const bound = 1 / Math.sqrt(classes);
  return [matrix('classifier.weight', [features, classes], 'IO', { law: 'uniform', bound }), vector('classifier.bias', classes, 0)];
}

function batchNorm(name: string, channels: number): TensorOutline[] {
  return [
    vector(`${name}.weight`, channels, 1),
    vector(`${name}.bias`, channels, 0),
    vector(`${name}.running_mean`, channels, 0, 'mean'),
    vector(`${name}.running_var`, channels, 1, 'variance'),
  ];
}

function matrix(name: string, shape: readonly number[], layout: TensorOutline['layout'], init: Initial): TensorOutline {
  return { name, shape, layout, kind: 'weight', decays: true, init };
}

function vector(name: string, length: number, value: number, kind: TensorOutline['kind'] = 'weight'): TensorOutline {
  return { name, shape: [length], layout: 'vector', kind, decays: false, init: { law: 'constant', value } };
}
