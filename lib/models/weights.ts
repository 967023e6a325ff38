import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '../errors.js';
import { parseConfig, printConfig, type ModelConfig } from './config.js';
import { toTensorFlow, toTorch, torchShape } from './layout.js';
import { elements, type Network } from './outline.js';
import { readTensors, writeTensors, type StoredTensor } from './safetensors.js';

/** Row-major float32 by timm's name, in TensorFlow's layouts. */
export type Weights = Readonly<Record<string, Float32Array>>;

export interface Model {
  readonly network: Network;
  readonly tensors: Weights;
  readonly config: ModelConfig;
}

export const WEIGHTS_FILE = 'model.safetensors';
export const CONFIG_FILE = 'config.json';

/**
 * Writes `model.safetensors` with timm's names and layouts, and timm's `config.json`, into `folder`, which is created.
 * The same model gives the same bytes. Throws WEIGHTS_INVALID if a tensor is missing, unknown or of another size.
 */
export async function saveModel(folder: string, network: Network, tensors: Weights, config: ModelConfig): Promise<void> {
  const sizes = new Map(Object.entries(tensors).map(([name, values]) => [name, [values.length]]));
  checkFit(`the weights given for ${folder}`, network, sizes, (tensor) => [elements(tensor.shape)]);
  await mkdir(folder, { recursive: true });
  await writeTensors(path.join(folder, WEIGHTS_FILE), { tensors: new Map(stateDict(network, tensors)), metadata: { format: 'pt' } });
  await writeFile(path.join(folder, CONFIG_FILE), printConfig(network, config));
}

/**
 * Reads a folder that `saveModel` or timm wrote. Every tensor of the network must be there and no other one.
 * Throws WEIGHTS_INVALID, with all tensors that do not fit, and MODEL_UNKNOWN.
 */
export async function loadModel(folder: string): Promise<Model> {
  const { network, config } = await loadConfig(folder);
  const file = path.join(folder, WEIGHTS_FILE);
  const { tensors: stored } = await readTensors(file).catch((error: unknown) => missing(file, error));
  const counters = new Set(network.tensors.filter(({ kind }) => kind === 'variance').map(({ name }) => counterOf(name)));
  const shapes = new Map([...stored].filter(([name]) => !counters.has(name)).map(([name, { shape }]) => [name, shape]));
  checkFit(file, network, shapes, torchShape);
  const tensors = network.tensors.map((tensor) => [tensor.name, toTensorFlow(floats(file, tensor.name, stored.get(tensor.name)!), tensor)] as const);
  return { network, tensors: Object.fromEntries(tensors), config };
}

/** What `loadModel` says about a folder, without reading its weights. */
export async function loadConfig(folder: string): Promise<Omit<Model, 'tensors'>> {
  const file = path.join(folder, CONFIG_FILE);
  const json = await readFile(file, 'utf8').catch((error: unknown) => missing(file, error));
  return parseConfig(json, file);
}

/** Every batch norm of PyTorch counts its batches. With a fixed momentum the count changes nothing: we write 0 and read none. */
function counterOf(runningVariance: string): string {
  return runningVariance.replace('.running_var', '.num_batches_tracked');
}

/** timm's state dict: the tensors and, after each running variance, the counter. */
function* stateDict(network: Network, tensors: Weights): Generator<[string, StoredTensor]> {
  for (const tensor of network.tensors) {
    yield [tensor.name, { shape: torchShape(tensor), values: toTorch(tensors[tensor.name]!, tensor) }];
    if (tensor.kind === 'variance') yield [counterOf(tensor.name), { shape: [], values: new BigInt64Array(1) }];
  }
}

function checkFit(
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
  return `${names.length} ${fault}: ${names.slice(0, 10).join(', ')}${rest}`;
}

function floats(file: string, name: string, { values }: StoredTensor): Float32Array {
  if (values instanceof Float32Array) return values;
  throw new PipelineError('WEIGHTS_INVALID', `${file}: tensor "${name}" holds I64, but the network needs F32, F16 or BF16.`);
}

function missing(file: string, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  throw new PipelineError('WEIGHTS_INVALID', `${file} does not exist, but a model's folder holds ${WEIGHTS_FILE} and ${CONFIG_FILE}.`, { cause: error });
}
