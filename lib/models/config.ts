import { PipelineError, quoted } from '../errors.js';
import { isObject, parseJsonObject } from './json-object.js';
import { MOST, type Network } from './outline.js';
import { CROP_MODES, CROP_SHARES, INTERPOLATIONS, type PretrainedConfig } from './pretrained-config.js';
import { outlineNetwork } from './variants.js';

/** What one needs beside the weights to use a model. */
export interface ModelConfig {
  /** Class names in the order of the logits, null where one has none; null where nobody named any. */
  readonly labels: readonly (string | null)[] | null;
  /** What a class name stands for, for those that say it. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly pretrained: PretrainedConfig;
  /** Whatever else stands in the file under `pretrained_cfg`; JSON, kept for who exports the model again. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Whatever we want to stand in the file under `noisy_student`; JSON. */
  readonly noisyStudent: Readonly<Record<string, unknown>>;
}

export interface OwnFacts {
  readonly labels: readonly string[];
  /** Side of the images that the model was trained on, in pixels. */
  readonly size: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly tag: string;
  readonly noisyStudent: Readonly<Record<string, unknown>>;
}

/** The config of a model that was trained here. */
export function ownConfig({ channels, crop, classes }: Network, { labels, size, mean, std, tag, noisyStudent }: OwnFacts): ModelConfig {
  const image = { inputSize: [channels, size, size], interpolation: 'bicubic', cropPct: crop, cropMode: 'center', mean, std } as const;
  return { labels, descriptions: {}, pretrained: { tag, ...image, numClasses: classes }, others: {}, noisyStudent };
}

/** timm's `config.json`, as its hub helper writes it, with our facts under `noisy_student`. */
export function printConfig(network: Network, { labels, descriptions, pretrained, others, noisyStudent }: ModelConfig): string {
  const [channels, height, width] = pretrained.inputSize;
  const config = {
    architecture: network.name,
    num_classes: network.classes,
    num_features: network.features,
    global_pool: 'avg',
    ...(labels && { label_names: labels.includes(null) ? namedOnly(labels) : labels }),
    ...(Object.keys(descriptions).length > 0 && { label_descriptions: descriptions }),
    // Without it timm builds a model for three channels, and adapts the stem.
    ...(channels !== 3 && { model_args: { in_chans: channels } }),
    pretrained_cfg: {
      tag: pretrained.tag,
      custom_load: false,
      input_size: pretrained.inputSize,
      ...(pretrained.testInputSize && { test_input_size: pretrained.testInputSize }),
      fixed_input_size: false,
      pool_size: [height, width].map((side) => Math.ceil(side / strideOf(network))),
      interpolation: pretrained.interpolation,
      crop_pct: pretrained.cropPct,
      ...(pretrained.testCropPct !== undefined && { test_crop_pct: pretrained.testCropPct }),
      crop_mode: pretrained.cropMode,
      mean: pretrained.mean,
      std: pretrained.std,
      num_classes: network.classes,
      first_conv: 'conv_stem',
      classifier: 'classifier',
      ...others,
    },
    ...(Object.keys(noisyStudent).length > 0 && { noisy_student: noisyStudent }),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * The network and the facts of a timm `config.json`, ours or one from elsewhere, also in the old form that has everything at the top.
 * Throws WEIGHTS_INVALID with the file and the key, MODEL_UNKNOWN for an architecture outside the table.
 */
export function parseConfig(json: string, file: string): { readonly network: Network; readonly config: ModelConfig } {
  const read = reader(file);
  const written = parseJson(json, file);
  const isFlat = written['pretrained_cfg'] === undefined;
  const pretrained = isFlat ? written : read.object('pretrained_cfg', written['pretrained_cfg']);
  const args = read.object('model_args', written['model_args'] ?? {});

  const architecture = read.text('architecture', written['architecture']);
  const classes = read.whole('num_classes', written['num_classes'] ?? pretrained['num_classes']);
  const [, height, width] = read.size('pretrained_cfg.input_size', pretrained['input_size']);
  const channels = read.whole('model_args.in_chans', args['in_chans'] ?? (pretrained['input_size'] as number[])[0]);
  const pool = args['global_pool'] ?? written['global_pool'] ?? 'avg';
  if (pool !== 'avg') throw read.refuse('global_pool', pool, '"avg", as every published model of the family has it');
  const test = pretrained['test_input_size'];
  const testCrop = pretrained['test_crop_pct'];
  const config: ModelConfig = {
    labels: parseLabels(written['label_names'] ?? written['labels'] ?? pretrained['label_names'], classes, read),
    descriptions: parseDescriptions(written['label_descriptions'] ?? pretrained['label_descriptions'] ?? {}, read),
    pretrained: {
      tag: typeof pretrained['tag'] === 'string' && /^[\w.+-]{1,100}$/.test(pretrained['tag']) ? pretrained['tag'] : '', // it stands in titles
      inputSize: [channels, height, width],
      ...(test != null && { testInputSize: [channels, ...read.size('pretrained_cfg.test_input_size', test).slice(1)] as [number, number, number] }),
      ...(testCrop != null && { testCropPct: read.share('pretrained_cfg.test_crop_pct', testCrop) }),
      interpolation: read.oneOf('pretrained_cfg.interpolation', pretrained['interpolation'] || 'bicubic', INTERPOLATIONS),
      cropPct: read.share('pretrained_cfg.crop_pct', pretrained['crop_pct'] || 0.875),
      cropMode: read.oneOf('pretrained_cfg.crop_mode', pretrained['crop_mode'] || 'center', CROP_MODES),
      mean: read.perChannel('pretrained_cfg.mean', pretrained['mean'], channels),
      std: read.perChannel('pretrained_cfg.std', pretrained['std'], channels, isDeviation, 'numbers above 0'),
      numClasses: classes,
    },
    others: Object.fromEntries(Object.entries(pretrained).filter(([key, value]) => !KNOWN.has(key) && value != null && !isFlat)),
    noisyStudent: isObject(written['noisy_student']) ? written['noisy_student'] : {},
  };
  return { network: outlineNetwork(architecture, { classes, channels }), config };
}

/** The keys of `pretrained_cfg` that `printConfig` writes itself, or that say where timm finds weights and names. */
const KNOWN = new Set([
  ...['tag', 'custom_load', 'input_size', 'test_input_size', 'fixed_input_size', 'pool_size', 'interpolation', 'crop_pct', 'test_crop_pct', 'crop_mode'],
  ...['mean', 'std', 'num_classes', 'first_conv', 'classifier', 'label_names', 'label_descriptions', 'url', 'file', 'hf_hub_id', 'source', 'architecture'],
]);

/** A list, or a table from the class's number to its name. */
function parseLabels(written: unknown, classes: number, read: Reader): ModelConfig['labels'] {
  if (written == null) return null;
  if (Array.isArray(written)) {
    if (!written.every((name) => typeof name === 'string') || written.length !== classes) throw read.refuse('label_names', written, `${classes} names`);
    return written;
  }
  const table = read.object('label_names', written);
  const isInside = (key: string) => /^\d+$/.test(key) && Number(key) < classes;
  if (!Object.entries(table).every(([key, name]) => isInside(key) && typeof name === 'string')) {
    throw read.refuse('label_names', written, `names by class number, from 0 to ${classes - 1}`);
  }
  return Array.from({ length: classes }, (_, index) => (table[index] as string | undefined) ?? null);
}

function namedOnly(labels: readonly (string | null)[]): Record<string, string> {
  return Object.fromEntries(labels.flatMap((name, index) => (name === null ? [] : [[String(index), name]])));
}

function parseDescriptions(written: unknown, read: Reader): Record<string, string> {
  const table = read.object('label_descriptions', written);
  if (!Object.values(table).every((text) => typeof text === 'string')) throw read.refuse('label_descriptions', written, 'texts by class name');
  return table as Record<string, string>;
}

/** How many times smaller the last map is than the image. */
function strideOf({ blocks }: Network): number {
  return blocks.reduce((product, { stride }) => product * stride, 2);
}

type Reader = ReturnType<typeof reader>;

/** One check for each kind of value. All throw WEIGHTS_INVALID. */
function reader(file: string) {
  const refuse = (key: string, found: unknown, allowed: string) =>
    new PipelineError('WEIGHTS_INVALID', `${file}: ${key} is ${quoted(found)}, but must be ${allowed}.`);
  const check = <T>(key: string, value: unknown, isFit: (value: unknown) => value is T, allowed: string): T => {
    if (isFit(value)) return value;
    throw refuse(key, value, allowed);
  };
  return {
    refuse,
    object: (key: string, value: unknown) => check(key, value, isObject, 'an object'),
    text: (key: string, value: unknown) => check(key, value, (text): text is string => typeof text === 'string', 'a text'),
    whole: (key: string, value: unknown) => check(key, value, isCount, `a whole number from 1 to ${MOST}`),
    share: (key: string, value: unknown) => check(key, value, isShare, `a share from ${CROP_SHARES[0]} to ${CROP_SHARES[1]}`),
    size: (key: string, value: unknown) => check(key, value, isSize, `[channels, height, width], each from 1 to ${MOST}`),
    perChannel: (key: string, value: unknown, channels: number, isFit: (number: unknown) => boolean = isFinite, kind = 'numbers') =>
      check(key, value, (list): list is number[] => Array.isArray(list) && list.length === channels && list.every(isFit), `${channels} ${kind}`),
    oneOf: <T extends string>(key: string, value: unknown, allowed: readonly T[]) =>
      check(key, value, (choice): choice is T => (allowed as readonly unknown[]).includes(choice), allowed.map((choice) => `"${choice}"`).join(' or ')),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MOST;
}

function isSize(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every(isCount);
}

function isShare(value: unknown): value is number {
  return isFinite(value) && value >= CROP_SHARES[0] && value <= CROP_SHARES[1];
}

/** Inputs are divided by it, as float32. */
function isDeviation(value: unknown): value is number {
  return isFinite(value) && value >= 1e-6 && value <= 1e6;
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}

function parseJson(json: string, file: string): Record<string, unknown> {
  try {
    return parseJsonObject(json);
  } catch (error) {
    throw new PipelineError('WEIGHTS_INVALID', `${file} ${(error as Error).message}, but it must be a model's config.json.`);
  }
}
