import { open, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PipelineError } from '../errors.js';
import { tf } from '../tensor/runtime.js';
import { EXTRAS_FOLDER, GRAPH_FILE, VARIABLES_FILE, writeSavedModel, type SavedFunction } from '../tensor/saved-model.js';
import { BUNDLE_FILES, parseBundleIndex, readBundleTensor, type BundleEntry } from '../tensor/tensor-bundle.js';
import { parseConfig, printConfig } from './config.js';
import { forward } from './efficientnet.js';
import { normalise } from './normalise.js';
import { elements, type Network } from './outline.js';
import { checkFinite, checkFit, CONFIG_FILE, type Model } from './weights.js';

interface SavedModelOptions {
  /** Of the images that it will take, in pixels; those of the model's config unless said. */
  readonly size?: { readonly height: number; readonly width: number };
}

/**
 * Writes a model as a TensorFlow SavedModel into `folder`, which is created. Its signature `serving_default` takes `images` [batch, height,
 * width, channels] float32, pixels from 0 to 255, which it normalises itself, and returns `logits` and `probabilities` [batch, classes].
 * Batches may have any size. The weights are variables under timm's names, and timm's config.json stands in `assets.extra`, so
 * that `loadSavedModel` gives the same model again. The same model gives the same bytes. Blocks while the weights are written.
 *
 * Throws, before anything is written, WEIGHTS_INVALID if a tensor is missing, unknown, of another size or not finite, or if the network
 * is one that no config.json can name; RangeError for a size that is no size.
 */
export async function saveSavedModel(folder: string, { network, tensors, config }: Model, { size }: SavedModelOptions = {}): Promise<void> {
  const where = `the weights given for ${folder}`;
  checkFit(where, network, new Map(Object.entries(tensors).map(([name, { length }]) => [name, [length]])), ({ shape }) => [elements(shape)]);
  for (const [name, values] of Object.entries(tensors)) checkFinite(where, name, values);
  const { inputSize, mean, std } = config.pretrained;
  const [height, width] = size ? [size.height, size.width] : [inputSize[1], inputSize[2]];
  if (![height, width].every((side) => Number.isSafeInteger(side) && side > 0))
    throw new RangeError(`a size of ${height} x ${width} pixels is no size: sides are whole numbers above 0`);
  const json = printConfig(network, config);
  if (!isDeepStrictEqual(parseConfig(json, CONFIG_FILE).network, network)) {
    throw new PipelineError(
      'WEIGHTS_INVALID',
      `${folder}: ${network.name} was changed in its pool, head or strides, which its config.json cannot say, so it could not be read back · export it as it is published.`,
    );
  }
  const saved = servedFunction(network, { inputSize: [network.channels, height, width], mean, std });
  await writeSavedModel(folder, saved, { values: tensors, extras: { [CONFIG_FILE]: json } });
}

/**
 * Reads a folder that `saveSavedModel` wrote: the weights from its checkpoint, tensor by tensor, and the rest from its config.json. Needs no
 * TensorFlow. Throws WEIGHTS_INVALID for a folder from elsewhere or a damaged one, tensors that do not fit, and numbers that are
 * not finite; MODEL_UNKNOWN.
 */
export async function loadSavedModel(folder: string): Promise<Model> {
  await find(folder, GRAPH_FILE, 'a SavedModel has one');
  const configFile = await find(
    folder,
    path.join(EXTRAS_FOLDER, CONFIG_FILE),
    'only a SavedModel that noisy-student exported can be read back, and that has one',
  );
  const { network, config } = parseConfig(await readFile(configFile, 'utf8'), configFile);
  const index = await find(folder, VARIABLES_FILE + BUNDLE_FILES.index, 'it says where the weights stand');
  const data = await find(folder, VARIABLES_FILE + BUNDLE_FILES.data, 'it holds the weights');
  const entries = await refusing(index, async () => parseBundleIndex(await readSmall(index)));
  checkFit(index, network, new Map(entries.map(({ name, shape }) => [name, shape])), ({ shape }) => [...shape]);
  return { network, config, tensors: await readAll(data, network, new Map(entries.map((entry) => [entry.name, entry]))) };
}

/** What a model's images are like: [channels, height, width], and an input is (x / 255 - mean) / std. */
interface Images {
  readonly inputSize: readonly [number, number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

function servedFunction(network: Network, { inputSize: [channels, height, width], mean, std }: Images): SavedFunction {
  return {
    variables: network.tensors.map(({ name, shape, kind }) => ({ name, shape, trainable: kind === 'weight' })),
    inputs: { images: [height, width, channels] },
    compute(tensors, { images }) {
      const normal = normalise(images as tf.Tensor4D, mean, std); // [n, height, width, channels]
      const { logits } = forward(network, tensors, normal, { training: false }); // [n, classes]
      return { logits, probabilities: tf.softmax(logits) };
    },
  };
}

async function readAll(file: string, { tensors: wanted }: Network, entries: ReadonlyMap<string, BundleEntry>): Promise<Record<string, Float32Array>> {
  const tensors: Record<string, Float32Array> = {};
  const data = await open(file, 'r');
  try {
    for (const { name } of wanted) {
      const values = await refusing(file, () => readBundleTensor(data, entries.get(name)!));
      checkFinite(file, name, values);
      tensors[name] = values;
    }
  } finally {
    await data.close();
  }
  return tensors;
}

/** The path of a file, once it is there and in the folder: a link may lead out of it. */
async function find(folder: string, name: string, why: string): Promise<string> {
  const file = path.join(folder, name);
  const [place, home] = await Promise.all([file, folder].map((one) => realpath(one).catch(() => undefined)));
  if (place === undefined || home === undefined) throw new PipelineError('WEIGHTS_INVALID', `${file} does not exist, but ${why}.`);
  if (path.relative(home, place).startsWith('..')) {
    throw new PipelineError('WEIGHTS_INVALID', `${file} is a link to ${place}, but a SavedModel's files are in its folder.`);
  }
  if (!(await stat(place)).isFile()) throw new PipelineError('WEIGHTS_INVALID', `${file} is no file, but ${why}.`);
  return file;
}

/** The whole file, which is small in any checkpoint of a model: the largest of the family takes 0.2 MB. */
async function readSmall(file: string): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > INDEX_LIMIT) throw new RangeError(`it has ${size} bytes, but ${INDEX_LIMIT} is the most`);
  return readFile(file);
}

const INDEX_LIMIT = 2 ** 24;

async function refusing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PipelineError('WEIGHTS_INVALID', `${file}: ${error.message} · export the model again.`, { cause: error });
  }
}
