import { quoted } from '../lib/errors.js';
import { catalogue, describeTag, oldNames, titleOfTag, UNTRAINED, weightsOf, type PublishedWeights } from '../lib/models/catalogue.js';
import { multiplyAccumulates } from '../lib/models/operation-count.js';
import { countParameters } from '../lib/models/outline.js';
import { outlineNetwork, type Network } from '../lib/models/variants.js';
import { nearest } from '../lib/nearest.js';
import { namePattern } from './name-pattern.js';
import { EXIT, type Outcome } from './outcome.js';
import { columns } from './table.js';

export interface ListModelsOptions {
  /** Part of a name, or a glob; left out: all. */
  readonly pattern?: string;
  readonly json: boolean;
}

/** The models of the table with their published weights: what images they take, their size, their scores and what their tags mean. Loads no TensorFlow. */
export function listModels({ pattern, json }: ListModelsOptions): Outcome {
  const found = catalogue().filter(matching(pattern));
  if (found.length === 0) {
    return {
      exitCode: EXIT.invalid,
      ...(json && { stdout: '[]\n' }),
      stderr: `No model matches ${quoted(pattern)}${meant(pattern ?? '')} · npx noisy-student models lists all.\n`,
    };
  }
  const rows = found.map(describe);
  return { exitCode: EXIT.done, stdout: json ? `${JSON.stringify(rows)}\n` : `${[table(rows), legend(rows)].join('\n\n')}\n` };
}

/** `; did you mean …?`, or why a name of another place is not in the table. */
function meant(pattern: string): string {
  if (pattern.includes(':')) return ': what has a prefix is not in this table, and goes to predict, features and export as it is';
  const near = /[*?[]/.test(pattern)
    ? undefined
    : nearest(
        pattern,
        catalogue().flatMap((weights) => [weights.architecture, weights.name, ...oldNamesOf(weights)]),
      );
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** One model with one set of weights. Shares, pixels and scores as timm gives them: `cropPercent` is its crop_pct (0.875), top-1 is in per cent (78.68). */
interface ModelRow {
  /** `architecture.tag` */
  readonly name: string;
  readonly architecture: string;
  readonly tag: string;
  readonly meaning: string;
  /** Whether the architecture's name alone means these weights. */
  readonly default: boolean;
  readonly oldNames: readonly string[];
  readonly hubId: string | null;
  readonly licence: string;
  readonly input: Input;
  readonly classes: number;
  /** With that many classes and three channels. */
  readonly parameters: number;
  /** Of the state dict, batch counters included. */
  readonly tensors: number;
  /** 10⁹ multiply-accumulates of one image of the input size. */
  readonly gmacs: number;
  readonly top1?: number;
  readonly top5?: number;
  /** A larger size at which these weights score higher. */
  readonly test?: { readonly size: number; readonly cropPercent: number; readonly gmacs: number; readonly top1?: number; readonly top5?: number };
}

interface Input {
  readonly size: number;
  readonly cropPercent: number;
  readonly cropMode: string;
  readonly interpolation: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Also by an old name, so that who knows only that finds the new one. */
function matching(pattern: string | undefined): (weights: PublishedWeights) => boolean {
  if (pattern === undefined) return () => true;
  const matches = namePattern(pattern);
  return (weights) => [weights.name, weights.architecture, ...oldNamesOf(weights)].some(matches);
}

function oldNamesOf({ name }: PublishedWeights): string[] {
  return [...oldNames()].filter(([, current]) => current === name).map(([old]) => old);
}

function describe(weights: PublishedWeights): ModelRow {
  const { name, architecture, tag, hubId, licence, config, scores } = weights;
  const { network, parameters, tensors } = countsOf(architecture, config.numClasses);
  const gmacsAt = (side: number) => multiplyAccumulates(network, { height: side, width: side }) / 1e9;
  const scoreAt = (side: number) => scores.filter(({ size }) => size === side).map(({ top1, top5 }) => ({ top1, top5 }))[0];
  const [, size] = config.inputSize;
  const [, testSize] = config.testInputSize ?? [];
  return {
    ...{
      name,
      architecture,
      tag,
      meaning: describeTag(tag) ?? '',
      default: weightsOf(architecture)[0].tag === tag,
      oldNames: oldNamesOf(weights),
      hubId,
      licence,
    },
    input: { size, cropPercent: config.cropPct, cropMode: config.cropMode, interpolation: config.interpolation, mean: config.mean, std: config.std },
    classes: config.numClasses,
    ...{ parameters, tensors },
    gmacs: gmacsAt(size),
    ...scoreAt(size),
    ...(testSize !== undefined && {
      test: { size: testSize, cropPercent: config.testCropPct ?? config.cropPct, gmacs: gmacsAt(testSize), ...scoreAt(testSize) },
    }),
  };
}

/** Once per architecture: most have several sets of weights, and L2 has 1914 tensors. */
function countsOf(architecture: string, classes: number): Counts {
  const key = `${architecture}/${classes}`;
  const known = COUNTS.get(key);
  if (known) return known;
  const network = outlineNetwork(architecture, { classes, channels: 3 });
  const counts = {
    network,
    parameters: countParameters(network),
    // Each batch norm has a counter of batches beside its running mean.
    tensors: network.tensors.length + network.tensors.filter(({ kind }) => kind === 'mean').length,
  };
  COUNTS.set(key, counts);
  return counts;
}

interface Counts {
  readonly network: Network;
  readonly parameters: number;
  readonly tensors: number;
}

const COUNTS = new Map<string, Counts>();

const HEADER = ['name', '', 'input', 'crop', 'parameters', 'GMACs', 'top-1', 'top-5', 'weights'];

function table(rows: readonly ModelRow[]): string {
  const lines = rows.flatMap((row) => [
    [row.name, isMarked(row) ? '*' : '', ...sized({ ...row, ...row.input }, row.parameters.toLocaleString('en')), titleOfTag(row.tag)],
    ...(row.test ? [['  at its test size', '', ...sized(row.test, ''), '']] : []),
  ]);
  return columns([HEADER, ...lines], [0, 1, HEADER.length - 1]);
}

/** What depends on the size of the images, around the count that does not. */
function sized({ size, cropPercent, gmacs, top1, top5 }: NonNullable<ModelRow['test']>, parameters: string): string[] {
  const score = (value: number | undefined) => value?.toFixed(2) ?? '–';
  return [String(size), cropPercent.toFixed(3), parameters, gmacs.toFixed(gmacs < 0.005 ? 4 : 2), score(top1), score(top5)];
}

function isMarked({ default: isDefault, tag }: ModelRow): boolean {
  return isDefault && tag !== UNTRAINED;
}

function legend(rows: readonly ModelRow[]): string {
  const marked = rows.findLast(isMarked);
  const tags = [...new Set(rows.map(({ tag }) => tag))];
  return [
    ...(marked ? [`* is what the name without a tag means: ${marked.architecture} is ${marked.name}.`] : []),
    'Input in pixels, crop as the share of the resized image that is kept, GMACs for one image of that size, top-1 and top-5 on the',
    "validation set of ImageNet-1k in per cent, as timm published them. The tag, behind the name's dot, says how the weights came about:",
    columns(
      tags.map((tag) => [`  ${tag}`, describeTag(tag) ?? '']),
      [0, 1],
    ),
  ].join('\n');
}
