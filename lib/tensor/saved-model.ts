import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '../errors.js';
import { addFreeBatch, type BatchRecording } from './free-batch.js';
import { attribute, DATA_TYPE, GraphDef, shapeOf } from './graph-def.js';
import { isNative } from './native.js';
import type { NamedTensors } from './program.js';
import { RecordedGraph } from './recorded-graph.js';
import { tf } from './runtime.js';
import { addVariables, describeVariables, readOf, type SavedVariable } from './saved-variables.js';
import { writeBundle } from './tensor-bundle.js';
import { shapeOnly } from './shape-only.js';
import { record } from './tracer.js';
import { entry, message, tag, text, VARINT, type Encode } from './wire.js';

export const GRAPH_FILE = 'saved_model.pb';
/** The files of the checkpoint, less their endings. */
export const VARIABLES_FILE = path.join('variables', 'variables');
export const EXTRAS_FOLDER = 'assets.extra';

/** A function of a batch, with its weights in variables. All tensors are float32; all names differ. */
export interface SavedFunction {
  readonly variables: readonly SavedVariable[];
  /** Shape of one item by name, without the batch. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Pure. Called for batches of two sizes, with tensors that have no numbers to be read; inputs and outputs are [batch, ...]. */
  readonly compute: (variables: NamedTensors, inputs: NamedTensors) => NamedTensors;
}

export interface SavedContent {
  /** Row-major, by variable. */
  readonly values: Readonly<Record<string, Float32Array>>;
  /** Texts by file name that are of no use to TensorFlow, for `assets.extra`. */
  readonly extras: Readonly<Record<string, string>>;
}

/**
 * Writes a folder that TensorFlow, TensorFlow Serving and TensorFlow.js load, with the signature `serving_default` for batches of any
 * size: plain operations of TensorFlow, and the numbers as a checkpoint under the variables' names.
 * The same function and numbers give the same bytes. The graph comes last, so what an interruption leaves is no SavedModel.
 * Blocks while the checkpoint is written, and takes the memory of one more copy of the numbers meanwhile.
 *
 * Throws COMPILE_UNSUPPORTED, before anything is written, for a function that a recording would not reproduce or that works
 * for one size of batch only.
 */
export async function writeSavedModel(folder: string, saved: SavedFunction, { values, extras }: SavedContent): Promise<void> {
  const graph = savedModelBytes(saved);
  const prefix = path.resolve(folder, VARIABLES_FILE);
  await rm(path.join(folder, GRAPH_FILE), { force: true });
  await mkdir(path.dirname(prefix), { recursive: true });
  writeBundle(prefix, saved.variables.map(({ name, shape }) => ({ name, shape, values: values[name]! }))); // prettier-ignore
  await mkdir(path.join(folder, EXTRAS_FOLDER), { recursive: true });
  for (const [name, text] of Object.entries(extras)) await writeFile(path.join(folder, EXTRAS_FOLDER, name), text);
  await writeFile(path.join(folder, GRAPH_FILE), graph);
}

/** `saved_model.pb` of the function. */
export function savedModelBytes(saved: SavedFunction): Uint8Array {
  const { variables, inputs } = saved;
  if (!isNative()) throw new PipelineError('COMPILE_UNSUPPORTED', `a SavedModel is made of libtensorflow's operations, but the backend is ${tf.getBackend()}`);
  const [first, second] = [recordBatch(saved, BATCHES[0]), recordBatch(saved, BATCHES[1])];
  const graph = new GraphDef();
  addVariables(graph, variables);
  for (const [name, shape] of Object.entries(inputs)) graph.add('Placeholder', [], { dtype: FLOAT, shape: attribute.shape([-1, ...shape]) }, name);
  const bound = new Set([...Object.keys(inputs), ...variables.map(({ name }) => readOf(name))]);
  const nodes = addFreeBatch(graph, first, second, bound);
  const outputs = Object.entries(first.shapes).map(([name, shape], i) => {
    graph.add('Identity', [nodes[i]!], { T: FLOAT }, name);
    return [name, freeShape(name, shape, second.shapes[name]!)] as const;
  });
  return graph.savedModel((meta) => {
    describeVariables(variables)(meta);
    entry(meta, 5, 'serving_default', (signature) => {
      for (const [name, shape] of Object.entries(inputs)) entry(signature, 1, name, tensorInfo(name, [-1, ...shape]));
      for (const [name, shape] of outputs) entry(signature, 2, name, tensorInfo(name, shape));
      text(signature, 3, 'tensorflow/serving/predict');
    });
  });
}

/** One is where functions take other ways; of the other, a few more. */
const BATCHES = [1, 3] as const;

const FLOAT = attribute.type(DATA_TYPE.float32);

interface ShapedRecording extends BatchRecording {
  /** Of the outputs, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

function recordBatch({ variables, inputs, compute }: SavedFunction, batch: number): ShapedRecording {
  const graph = new RecordedGraph();
  const recorded = tf.tidy(() =>
    shapeOnly((hollow) =>
      record(graph, (recording) => {
        const weights = Object.fromEntries(variables.map(({ name, shape }) => [name, hollow(shape)]));
        const given = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, hollow([batch, ...shape])]));
        for (const [name, tensor] of Object.entries(weights)) recording.bind(tensor, readOf(name));
        for (const [name, tensor] of Object.entries(given)) recording.bind(tensor, name);
        const made = Object.entries(compute(weights, given));
        return made.map(([name, tensor]) => ({ name, shape: tensor.shape, node: recording.nodeOf(tensor) }));
      }),
    ),
  );
  return { graph, outputs: recorded.map(({ node }) => node), shapes: Object.fromEntries(recorded.map(({ name, shape }) => [name, shape])) };
}

/** [1, ...] and [3, ...] → [-1, ...]. */
function freeShape(name: string, first: readonly number[], second: readonly number[]): number[] {
  const [batch, ...item] = first;
  if (batch === BATCHES[0] && second[0] === BATCHES[1] && String(item) === String(second.slice(1))) return [-1, ...item];
  throw new PipelineError(
    'COMPILE_UNSUPPORTED',
    `the output ${name} is [${first}] for ${BATCHES[0]} item and [${second}] for ${BATCHES[1]} · it must be [batch, ...], the same for every batch`,
  );
}

/** A TensorInfo (meta_graph.proto). */
function tensorInfo(node: string, shape: readonly number[]): Encode {
  return (info) => {
    text(info, 1, `${node}:0`);
    info.uint32(tag(2, VARINT)).int32(DATA_TYPE.float32);
    message(info, 3, shapeOf(shape));
  };
}
