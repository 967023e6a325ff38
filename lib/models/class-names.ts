import { readFileSync } from 'node:fs';
import { PipelineError, quoted } from '../errors.js';

/** What a model's config says of its classes. */
export interface ClassLabels {
  /** `label_names`: in the order of the logits, or class number → name; null or left out where nobody named any. */
  readonly labels?: readonly (string | null)[] | Readonly<Record<string, string>> | null;
  /** `label_descriptions`: name → what it stands for, for those names that have one. */
  readonly descriptions?: Readonly<Record<string, string>> | null;
  /** How many logits the model has. */
  readonly classes: number;
}

export interface ImageNetClass {
  /** WordNet's number of the synset, "n01440764". */
  readonly synset: string;
  /** Its lemmas, "tench, Tinca tinca". The bird and the machine are both "crane". */
  readonly name: string;
}

export interface Ranked {
  /** 0-based class number. */
  readonly index: number;
  readonly probability: number;
}

/**
 * A name for each of the `classes` logits: the config's labels, with their descriptions where given; without labels and for exactly
 * 1000 logits the ImageNet-1k names; `<unmapped:INDEX>` for whatever is left, as timm's inference script writes it. Labels for
 * classes that the model does not have are left out. Throws WEIGHTS_INVALID where a label's key is no class number.
 */
export function classNames({ labels, descriptions, classes }: ClassLabels): readonly string[] {
  const described = new Map(Object.entries(descriptions ?? {}));
  const named = labels ? byIndex(labels) : classes === 1000 ? new Map(imageNetClasses().map(({ name }, index) => [index, name])) : new Map<number, string>();
  return Array.from({ length: classes }, (_, index) => {
    const name = named.get(index);
    return name === undefined ? `<unmapped:${index}>` : (described.get(name) ?? name);
  });
}

/** Whether a name is none: `<unmapped:INDEX>`. */
export function isUnmapped(name: string): boolean {
  return /^<unmapped:\d+>$/.test(name);
}

/** The 1000 classes of ImageNet-1k (ILSVRC 2012) in the order of the logits, which is that of the sorted synsets. */
export function imageNetClasses(): readonly ImageNetClass[] {
  // The file stands beside this one, in the sources and in the package.
  loaded ??= (JSON.parse(readFileSync(new URL('./imagenet-1k.json', import.meta.url), 'utf8')) as { classes: [string, string][] }).classes.map(
    ([synset, name]) => ({ synset, name }),
  );
  return loaded;
}

let loaded: readonly ImageNetClass[] | undefined;

/** The `k` likeliest classes, or all if there are fewer: by probability, equals by their number. `k` is a whole number from 1. Throws COMMAND_INVALID. */
export function topK(probabilities: ArrayLike<number>, k: number): Ranked[] {
  checkNumbers(probabilities);
  if (!Number.isSafeInteger(k) || k < 1)
    throw new PipelineError('COMMAND_INVALID', `topK(probabilities, k): k is ${k}, but must be a whole number from 1, as in topK(probabilities, 5)`);
  const ranked = Array.from(probabilities, (probability, index) => ({ index, probability }));
  return ranked.sort((a, b) => b.probability - a.probability || a.index - b.index).slice(0, k);
}

/** From JavaScript it may be a tensor, or rows of a batch. */
function checkNumbers(values: unknown): void {
  const isArray = Array.isArray(values) || ArrayBuffer.isView(values);
  if (isArray && Array.from(values as ArrayLike<unknown>).every((value) => typeof value === 'number')) return;
  const isTensor = typeof (values as { dataSync?: unknown } | null | undefined)?.dataSync === 'function';
  const found = isTensor ? 'a tensor · tensor.dataSync() gives its numbers' : `${quoted(values)} · it takes the row of one image`;
  throw new PipelineError('COMMAND_INVALID', `topK takes an array of numbers, but was given ${found}`);
}

/** exp(logit) as a share of their sum, [classes] → [classes]: computed in double precision, rounded once. */
export function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

function byIndex(labels: NonNullable<ClassLabels['labels']>): Map<number, string> {
  const entries = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null);
  const wrong = entries.find(([key]) => !/^(0|[1-9]\d{0,8})$/.test(key));
  if (wrong)
    throw new PipelineError(
      'WEIGHTS_INVALID',
      `label_names: ${JSON.stringify(wrong[0].slice(0, 100))} is no class number; a table of labels has the keys "0", "1", ….`,
    );
  return new Map(entries.map(([key, name]) => [Number(key), name]));
}
