import { PipelineError } from '../errors.js';
import { elements, type Network, type TensorOutline } from '../models/outline.js';
import type { StoredTensor } from '../models/safetensors.js';
import { tf } from '../tensor/runtime.js';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * Everything that a step changes: float32 vectors, each a group of the network's tensors laid end to end.
 * An update is then a dozen operations, not a dozen for every tensor: a fifth of a small network's step.
 * Whoever holds a state owns its tensors.
 */
export interface TrainState {
  /** What is trained: `kernels` and `vectors`. */
  readonly weights: Tensors;
  /** Running mean and variance of the batch norms: `statistics`. */
  readonly statistics: Tensors;
  /** Moving average of `kernels`, `vectors` and `statistics`: what labels, evaluates and is published. */
  readonly average: Tensors;
  /** The optimiser's: `<slot>.kernels` and `<slot>.vectors`. */
  readonly slots: Tensors;
}

/** Which tensors lie in a group, in order. */
export interface Packing {
  /** Rank above 1: weight decay holds for these, and for no others. */
  readonly kernels: readonly TensorOutline[];
  /** Biases, and the scales and shifts of the batch norms. */
  readonly vectors: readonly TensorOutline[];
  readonly statistics: readonly TensorOutline[];
}

export function packingOf({ tensors }: Network): Packing {
  return {
    kernels: tensors.filter(({ kind, decays }) => kind === 'weight' && decays),
    vectors: tensors.filter(({ kind, decays }) => kind === 'weight' && !decays),
    statistics: tensors.filter(({ kind }) => kind !== 'weight'),
  };
}

/** Tensors by name → one vector. */
export function pack(tensors: Tensors, outlines: readonly TensorOutline[]): tf.Tensor1D {
  return tf.tidy(() => tf.concat1d(outlines.map(({ name }) => tf.reshape(tensors[name]!, [-1]) as tf.Tensor1D)));
}

/** One vector → tensors by name. Differentiable. */
export function unpack(vector: tf.Tensor, outlines: readonly TensorOutline[]): Record<string, tf.Tensor> {
  const parts = tf.split(
    vector,
    outlines.map(({ shape }) => elements(shape)),
  );
  return Object.fromEntries(outlines.map(({ name, shape }, i) => [name, shape.length === 1 ? parts[i]! : tf.reshape(parts[i]!, [...shape])]));
}

/** A network's numbers by timm's name → a state whose average is the weights themselves. */
export function stateFrom(numbers: Readonly<Record<string, Float32Array>>, packing: Packing, initialSlots: (weights: Tensors) => Tensors): TrainState {
  const join = (group: keyof Packing) => tf.tensor1d(joined(packing[group].map(({ name }) => numbers[name]!)));
  const weights = { kernels: join('kernels'), vectors: join('vectors') };
  return {
    weights,
    statistics: { statistics: join('statistics') },
    average: { kernels: join('kernels'), vectors: join('vectors'), statistics: join('statistics') },
    slots: initialSlots(weights),
  };
}

/** Numbers of the right sizes, for a state whose shapes alone matter. */
export function zeros({ tensors }: Network): Record<string, Float32Array> {
  return Object.fromEntries(tensors.map(({ name, shape }) => [name, new Float32Array(elements(shape))]));
}

/** The state's numbers by `<part>.<timm's name>` (slots: `slots.<slot>.<timm's name>`), as a checkpoint stores them. Reads the device once per group. */
export async function storedTensors(state: TrainState, packing: Packing): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const { prefix, outlines, vector } of groupsOf(state, packing)) {
    const values = (await vector.data()) as Float32Array;
    let offset = 0;
    for (const { name, shape } of outlines) {
      const size = elements(shape);
      stored.set(prefix + name, { shape, values: values.subarray(offset, offset + size) });
      offset += size;
    }
  }
  return stored;
}

/**
 * The inverse of `storedTensors`. `like` is a state of the same network and optimiser, which it replaces and disposes.
 * Throws CHECKPOINT_MISMATCH with the first tensor that is missing, of another shape, or not of this training.
 */
export function restoreState(stored: ReadonlyMap<string, StoredTensor>, like: TrainState, packing: Packing, where: string): TrainState {
  const left = new Map(stored);
  const vectors = new Map<tf.Tensor, tf.Tensor>();
  for (const { prefix, outlines, vector } of groupsOf(like, packing)) {
    const parts = outlines.map(({ name, shape }) => {
      const found = left.get(prefix + name);
      if (String(found?.shape) !== String(shape)) {
        throw mismatch(where, `${prefix}${name} is ${found ? `[${found.shape}]` : 'missing'}, but this training needs [${shape}]`);
      }
      left.delete(prefix + name);
      return found!.values as Float32Array;
    });
    vectors.set(vector, tf.tensor1d(joined(parts)));
  }
  const [extra] = left.keys();
  if (extra !== undefined) throw mismatch(where, `${extra} is no tensor of this training`);

  const replace = (tensors: Tensors): Tensors => Object.fromEntries(Object.entries(tensors).map(([name, old]) => [name, vectors.get(old)!]));
  const state = { weights: replace(like.weights), statistics: replace(like.statistics), average: replace(like.average), slots: replace(like.slots) };
  disposeState(like);
  return state;
}

/** All tensors of a state in one table, as `<part>/<name>`; the tensors are the same. */
export function nameTensors(state: TrainState): Record<string, tf.Tensor> {
  return Object.fromEntries(PARTS.flatMap((part) => Object.entries(state[part]).map(([name, tensor]) => [`${part}/${name}`, tensor])));
}

/** The inverse of `nameTensors`. */
export function stateOf(named: Tensors): TrainState {
  const partOf = (part: (typeof PARTS)[number]): Tensors =>
    Object.fromEntries(Object.entries(named).flatMap(([name, tensor]) => (name.startsWith(`${part}/`) ? [[name.slice(part.length + 1), tensor]] : [])));
  return { weights: partOf('weights'), statistics: partOf('statistics'), average: partOf('average'), slots: partOf('slots') };
}

export function disposeState(state: TrainState): void {
  for (const part of PARTS) tf.dispose(Object.values(state[part]));
}

const PARTS = ['weights', 'statistics', 'average', 'slots'] as const satisfies readonly (keyof TrainState)[];

/** Every vector of a state with the names that its numbers have in a file. */
function groupsOf(state: TrainState, packing: Packing) {
  return PARTS.flatMap((part) =>
    Object.entries(state[part]).map(([name, vector]) => {
      const group = name.split('.').at(-1) as keyof Packing; // `first.kernels` is a slot for the kernels
      const slot = name.slice(0, -group.length); // 'first.', or nothing
      return { prefix: `${part}.${slot}`, outlines: packing[group], vector };
    }),
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function mismatch(where: string, what: string): PipelineError {
  return new PipelineError('CHECKPOINT_MISMATCH', `${where}: ${what} · was it made by another model or optimiser? Remove it to train from the start.`);
}
