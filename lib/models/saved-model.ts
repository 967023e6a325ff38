import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PipelineError } from '../errors.js';
import { tf } from '../tensor/runtime.js';
import { EXTRAS_FOLDER, GRAPH_FILE, VARIABLES_FILE, writeSavedModel, type SavedFunction } from '../tensor/saved-model.js';
import { BUNDLE_FILES, parseBundleIndex, readBundleTensor, type BundleEntry } from '../tensor/tensor-bundle.js';
import { parseConfig, printConfig } from './config.js';
import { forward } from './efficientnet.js';
import { normalise } from './normalise.js';
import { CONFIG_BYTES, CONFIG_FILE, modelFile, modelText } from './model-files.js';
import { elements, type Network } from './outline.js';
import { checkFit, checkNumbers, type Model } from './weights.js';

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
  for (const tensor of network.tensors) checkNumbers(where, tensor, tensors[tensor.name]!);
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
  modelFile(folder, GRAPH_FILE, { why: 'a SavedModel has one' });
  const { network, config } = loadSavedConfig(folder);
  const index = modelFile(folder, VARIABLES_FILE + BUNDLE_FILES.index, { most: INDEX_BYTES, why: 'it says where the weights stand' });
  const data = modelFile(folder, VARIABLES_FILE + BUNDLE_FILES.data, { why: 'it holds the weights' });
  const entries = await refusing(index, async () => parseBundleIndex(await readFile(index)));
  checkFit(index, network, new Map(entries.map(({ name, shape }) => [name, shape])), ({ shape }) => [...shape]);
  return { network, config, tensors: await readAll(data, network, new Map(entries.map((entry) => [entry.name, entry]))) };
}

/** What `loadSavedModel` says about a folder, without looking at its weights. */
export function loadSavedConfig(folder: string): Omit<Model, 'tensors'> {
  const name = path.join(EXTRAS_FOLDER, CONFIG_FILE);
  const why = 'only a SavedModel that noisy-student exported can be read back, and that has one';
  return parseConfig(modelText(folder, name, { most: CONFIG_BYTES, why }), path.join(folder, name));
}

/** Of an index file: the largest of the family has 0.2 MB. */
const INDEX_BYTES = 2 ** 21;

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
    for (const tensor of wanted) {
      const values = await refusing(file, () => readBundleTensor(data, entries.get(tensor.name)!));
      checkNumbers(file, tensor, values);
      tensors[tensor.name] = values;
    }
  } finally {
    await data.close();
  }
  return tensors;
}

async function refusing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PipelineError('WEIGHTS_INVALID', `${file}: ${error.message} · export the model again.`, { cause: error });
  }
}
