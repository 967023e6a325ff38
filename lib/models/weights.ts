import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError, inOneLine, quoted } from '../errors.js';
import { adaptStem } from './adapt-stem.js';
import { parseConfig, printConfig, type ModelConfig } from './config.js';
import { toTensorFlow, toTorch, torchShape } from './layout.js';
import { CONFIG_BYTES, CONFIG_FILE, modelFile, modelText, WEIGHTS_FILE } from './model-files.js';
import { elements, type Network, type TensorOutline } from './outline.js';
import {
  encodeTensors,
  openTensors,
  readTensorHeader,
  writeEachTensor,
  type Entry,
  type OpenTensorFile,
  type StoredTensor,
  type TensorToWrite,
} from './safetensors.js';

export { CONFIG_FILE, WEIGHTS_FILE } from './model-files.js';

/** Row-major float32 by timm's name, in TensorFlow's layouts. */
export type Weights = Readonly<Record<string, Float32Array>>;

export interface Model {
  readonly network: Network;
  readonly tensors: Weights;
  readonly config: ModelConfig;
}

/** What of a network's tensors came from a file, and how. */
export interface Adaptation {
  /** In a person's words, what was changed or left out to fit; empty where the file fits as it is. */
  readonly adapted: readonly string[];
  /** Tensors that the file does not give: they keep their initial numbers. */
  readonly fresh: readonly string[];
}

/**
 * Writes `model.safetensors` with timm's names and layouts, and timm's `config.json`, into `folder`, which is created.
 * The same model gives the same bytes. Throws WEIGHTS_INVALID if a tensor is missing, unknown or of another size.
 */
export async function saveModel(folder: string, network: Network, tensors: Weights, config: ModelConfig, signal?: AbortSignal): Promise<void> {
  const sizes = new Map(Object.entries(tensors).map(([name, values]) => [name, [values.length]]));
  checkFit(`the weights given for ${folder}`, network, sizes, (tensor) => [elements(tensor.shape)]);
  await mkdir(folder, { recursive: true });
  await writeEachTensor(path.join(folder, WEIGHTS_FILE), new Map(stateDict(network, tensors)), METADATA, signal);
  await writeFile(path.join(folder, CONFIG_FILE), printConfig(network, config));
}

/**
 * Reads a folder that `saveModel` or timm wrote. Every tensor of the network must be there and no other one, all numbers finite.
 * Throws WEIGHTS_INVALID, with all tensors that do not fit, and MODEL_UNKNOWN.
 */
export async function loadModel(folder: string): Promise<Model> {
  const { network, config } = loadConfig(folder);
  const tensors: Record<string, Float32Array> = {};
  await eachWeight(folder, network, ({ name }, values) => {
    tensors[name] = values;
  });
  return { network, tensors, config };
}

/** The tensors of a folder that fit another head or other input channels of the same architecture; see `eachWeight`. */
export async function loadAdapted(folder: string, network: Network): Promise<Adaptation & { readonly tensors: Weights }> {
  const tensors: Record<string, Float32Array> = {};
  const adaptation = await eachWeight(folder, network, ({ name }, values) => {
    tensors[name] = values;
  });
  return { ...adaptation, tensors };
}

/**
 * Reads a folder tensor by tensor, in the order of the file, so that whoever takes them decides what is held: `take` gets the outline of a
 * tensor of `network` and its numbers in TensorFlow's layout. As timm does, a classifier of other classes is left out, and a stem for
 * other channels is adapted. The file must fit its own config.json to the last tensor.
 * Throws WEIGHTS_INVALID for another architecture, tensors that do not fit, or numbers that are not finite; MODEL_UNKNOWN.
 */
export async function eachWeight(folder: string, network: Network, take: (tensor: TensorOutline, values: Float32Array) => void): Promise<Adaptation> {
  const { network: stored } = loadConfig(folder);
  const file = modelFile(folder, WEIGHTS_FILE);
  if (stored.name !== network.name) throw new PipelineError('WEIGHTS_INVALID', `${file} holds ${stored.name}, but ${network.name} is wanted.`);
  const opened = await openTensors(file);
  try {
    return await takeEach(opened, file, { stored, network }, take);
  } finally {
    await opened.close();
  }
}

/** What `loadModel` says about a folder, without looking at its weights. */
export function loadConfig(folder: string): Omit<Model, 'tensors'> {
  return parseConfig(modelText(folder, CONFIG_FILE, { most: CONFIG_BYTES }), path.join(folder, CONFIG_FILE));
}

/** SHA-256 of the `model.safetensors` that `saveModel` writes of it. */
export function weightsDigest({ network, tensors }: Model): string {
  const hash = createHash('sha256');
  for (const bytes of encodeTensors(new Map(stateDict(network, tensors)), METADATA)) hash.update(bytes);
  return hash.digest('hex');
}

/** What can be known without reading the numbers: throws what `loadModel` would throw about files, header, names and shapes. */
export function checkModel(folder: string): Omit<Model, 'tensors'> {
  const found = loadConfig(folder);
  const file = modelFile(folder, WEIGHTS_FILE);
  fittingEntries(file, found.network, readTensorHeader(file).entries);
  return found;
}

async function takeEach(
  opened: OpenTensorFile,
  file: string,
  { stored, network }: { readonly stored: Network; readonly network: Network },
  take: (tensor: TensorOutline, values: Float32Array) => void,
): Promise<Adaptation> {
  const entries = fittingEntries(file, stored, opened.entries);
  const inFile = new Map(stored.tensors.map((tensor) => [tensor.name, tensor]));
  const wanted = new Map(network.tensors.map((tensor) => [tensor.name, tensor]));
  const adapted = new Set<string>();
  for (const { entry, name } of entries) {
    const [from, to] = [inFile.get(name)!, wanted.get(name)];
    if (to === undefined) continue;
    if (name.startsWith('classifier.') && stored.classes !== network.classes) {
      adapted.add(`the classifier of ${stored.classes} classes was left out: ${network.classes} are wanted`);
      wanted.delete(name);
      continue;
    }
    const values = toTensorFlow(floats(file, from, await opened.read(entry)), from);
    if (name === 'conv_stem.weight' && stored.channels !== network.channels) {
      adapted.add(`the stem for ${stored.channels} channels was adapted to ${network.channels}`);
      take(to, adaptStem(values, from.shape, network.channels));
    } else if (String(from.shape) === String(to.shape)) take(to, values);
    else throw new PipelineError('WEIGHTS_INVALID', `${file}: ${name} is [${torchShape(from)}], but the model asked for needs [${torchShape(to)}].`);
  }
  const given = new Set(entries.map(({ name }) => name).filter((name) => wanted.has(name)));
  return { adapted: [...adapted], fresh: network.tensors.map(({ name }) => name).filter((name) => !given.has(name)) };
}

/** The tensors of a file by their names in the network, without the counters. Throws WEIGHTS_INVALID with whatever does not fit. */
function fittingEntries(file: string, network: Network, all: readonly Entry[]): { readonly entry: Entry; readonly name: string }[] {
  const counters = new Set(network.tensors.filter(({ kind }) => kind === 'variance').map(({ name }) => counterOf(name)));
  const entries = all.map((entry) => ({ entry, name: bareName(entry.name) })).filter(({ name }) => !counters.has(name));
  const byName = new Map<string, Entry>();
  for (const { name, entry } of entries) {
    const other = byName.get(name);
    if (other) throw new PipelineError('WEIGHTS_INVALID', `${file} holds both ${quoted(other.name)} and ${quoted(entry.name)}, which are one tensor.`);
    byName.set(name, entry);
  }
  checkFit(file, network, new Map(entries.map(({ name, entry }) => [name, entry.shape])), torchShape);
  return entries;
}

/** Names in files of wrapped PyTorch modules begin with the wrapper's. */
function bareName(name: string): string {
  return name.replace(/^((module|_orig_mod)\.)+/, '');
}

/** Every batch norm of PyTorch counts its batches. With a fixed momentum the count changes nothing: we write 0 and read none. */
function counterOf(runningVariance: string): string {
  return runningVariance.replace('.running_var', '.num_batches_tracked');
}

const METADATA = { format: 'pt' };

/** timm's state dict: the tensors and, after each running variance, the counter. */
function* stateDict(network: Network, tensors: Weights): Generator<[string, TensorToWrite]> {
  for (const tensor of network.tensors) {
    yield [tensor.name, { dtype: 'F32', shape: torchShape(tensor), values: () => toTorch(tensors[tensor.name]!, tensor) }];
    if (tensor.kind === 'variance') yield [counterOf(tensor.name), { dtype: 'I64', shape: [], values: () => new BigInt64Array(1) }];
  }
}

/** Throws WEIGHTS_INVALID with all tensors of `network` that are not among the `found` ones, by name, and all others that are. */
export function checkFit(
  where: string,
  network: Network,
  found: ReadonlyMap<string, readonly number[]>,
  needed: (tensor: Network['tensors'][number]) => number[],
): void {
  const known = new Set(network.tensors.map(({ name }) => name));
  const shapes = network.tensors.map((tensor) => ({ name: tensor.name, needs: `[${needed(tensor)}]`, has: found.get(tensor.name) }));
  const faults = [
    list(
      'missing',
      shapes.filter(({ has }) => !has).map(({ name }) => name),
    ),
    list(
      'unexpected',
      [...found.keys()].filter((name) => !known.has(name)),
    ),
    list(
      'of another shape',
      shapes.filter(({ has, needs }) => has && `[${has}]` !== needs).map(({ name, has, needs }) => `${name} [${has}] instead of ${needs}`),
    ),
  ].filter((fault) => fault !== '');
  if (faults.length === 0) return;
  throw new PipelineError(
    'WEIGHTS_INVALID',
    `${where} does not fit ${network.name} with ${network.classes} classes and ${network.channels} channels: ${faults.join('; ')}.`,
  );
}

/** At most ten names: a wrong architecture would list them all. */
function list(fault: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const rest = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `${names.length} ${fault}: ${names
    .slice(0, 10)
    .map((name) => inOneLine(name, 150))
    .join(', ')}${rest}`;
}

function floats(file: string, tensor: TensorOutline, { values }: StoredTensor): Float32Array {
  if (!(values instanceof Float32Array)) {
    throw new PipelineError('WEIGHTS_INVALID', `${file}: tensor "${tensor.name}" holds I64, but the network needs F32, F16 or BF16.`);
  }
  checkNumbers(file, tensor, values);
  return values;
}

/** Throws WEIGHTS_INVALID with the first number that is not finite, or of a variance that is below 0. */
export function checkNumbers(where: string, { name, kind }: Pick<TensorOutline, 'name' | 'kind'>, values: Float32Array): void {
  const least = kind === 'variance' ? 0 : -Number.MAX_VALUE;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= least && values[i]! <= Number.MAX_VALUE) continue;
    const allowed = Number.isFinite(values[i]) ? 'a variance is 0 or more: the file is damaged' : 'weights are finite numbers: its training diverged';
    throw new PipelineError('WEIGHTS_INVALID', `${where}: tensor "${name}" holds ${values[i]} at ${i}, but ${allowed}.`);
  }
}
