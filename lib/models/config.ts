import { PipelineError } from '../errors.js';
import type { Network } from './outline.js';
import { outlineNetwork } from './variants.js';

/** What one needs beside the weights to use a model. */
export interface ModelConfig {
  /** Class names in the order of the logits. */
  readonly labels: readonly string[];
  /** Side of the images that the model was trained on, in pixels. */
  readonly size: number;
  /** Per channel, in 0…1: an input is (x / 255 - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Which weights of this architecture these are, as in `architecture.tag`. */
  readonly tag: string;
  /** Whatever the caller wants to stand in the file under `noisy_student`; JSON. */
  readonly noisyStudent: Readonly<Record<string, unknown>>;
}

/** timm's `config.json`, as its hub helper writes it, with our facts under `noisy_student`. */
export function printConfig(network: Network, { labels, size, mean, std, tag, noisyStudent }: ModelConfig): string {
  const side = Math.ceil(size / strideOf(network));
  const config = {
    architecture: network.name,
    num_classes: network.classes,
    num_features: network.features,
    global_pool: 'avg',
    label_names: labels,
    pretrained_cfg: {
      tag,
      custom_load: false,
      input_size: [network.channels, size, size],
      fixed_input_size: false,
      pool_size: [side, side],
      interpolation: 'bicubic',
      crop_pct: network.crop,
      crop_mode: 'center',
      mean,
      std,
      num_classes: network.classes,
      first_conv: 'conv_stem',
      classifier: 'classifier',
    },
    noisy_student: noisyStudent,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * The network and the facts of a timm `config.json`, ours or one from elsewhere: there, missing label names become numbers.
 * Throws WEIGHTS_INVALID with the file and the key, MODEL_UNKNOWN for an architecture outside the table.
 */
export function parseConfig(json: string, file: string): { readonly network: Network; readonly config: ModelConfig } {
  const refuse = (found: string, allowed: string) => new PipelineError('WEIGHTS_INVALID', `${file}: ${found}, but ${allowed}.`);
  const written = parseJson(json, refuse);
  const pretrained = isObject(written['pretrained_cfg']) ? written['pretrained_cfg'] : {};

  const architecture = written['architecture'];
  if (typeof architecture !== 'string') throw refuse(`architecture is ${JSON.stringify(architecture)}`, 'it must be a model name');
  const classes = written['num_classes'] ?? pretrained['num_classes'];
  if (!Number.isSafeInteger(classes) || (classes as number) < 1) throw refuse(`num_classes is ${JSON.stringify(classes)}`, 'it must be a whole number from 1');
  const input = pretrained['input_size'];
  if (!isNumbers(input) || input.length !== 3) throw refuse(`pretrained_cfg.input_size is ${JSON.stringify(input)}`, 'it must be [channels, height, width]');
  const [channels, , size] = input as [number, number, number];
  const { mean, std } = pretrained;
  if (!isNumbers(mean) || mean.length !== channels) throw refuse(`pretrained_cfg.mean is ${JSON.stringify(mean)}`, `it must be ${channels} numbers`);
  if (!isNumbers(std) || std.length !== channels) throw refuse(`pretrained_cfg.std is ${JSON.stringify(std)}`, `it must be ${channels} numbers`);
  const labels = written['label_names'] ?? Array.from({ length: classes as number }, (_, index) => String(index));
  if (!isTexts(labels) || labels.length !== classes) throw refuse(`label_names is ${JSON.stringify(labels)}`, `it must be ${String(classes)} names`);

  const noisyStudent = isObject(written['noisy_student']) ? written['noisy_student'] : {};
  const tag = typeof pretrained['tag'] === 'string' ? pretrained['tag'] : '';
  return { network: outlineNetwork(architecture, { classes: classes as number, channels }), config: { labels, size, mean, std, tag, noisyStudent } };
}

/** How many times smaller the last map is than the image. */
function strideOf({ blocks }: Network): number {
  return blocks.reduce((product, { stride }) => product * stride, 2);
}

function parseJson(json: string, refuse: (found: string, allowed: string) => PipelineError): Record<string, unknown> {
  let written: unknown;
  try {
    written = JSON.parse(json);
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message})`, "it must be a model's config.json");
  }
  if (!isObject(written)) throw refuse('it is JSON of another kind', 'it must be one JSON object');
  return written;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => Number.isFinite(number));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
