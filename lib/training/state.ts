import { PipelineError } from '../errors.js';
import { elements, type Network } from '../models/outline.js';
import type { StoredTensor } from '../models/safetensors.js';
import { tf } from '../tensor/runtime.js';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Everything that a step changes, float32, by timm's names. Whoever holds a state owns its tensors. */
export interface TrainState {
  readonly weights: Tensors;
  /** Running mean and variance of the batch norms. */
  readonly statistics: Tensors;
  /** Moving average of weights and statistics: what labels, evaluates and is published. */
  readonly average: Tensors;
  /** The optimiser's, as `<slot>.<name of the weight>`; a frozen weight has none. */
  readonly slots: Tensors;
}

/** A network's numbers by timm's name → a state whose average is the weights themselves. */
export function stateFrom(numbers: Readonly<Record<string, Float32Array>>, { tensors }: Network, initialSlots: (weights: Tensors) => Tensors): TrainState {
  const made = (outlines: Network['tensors']) =>
    Object.fromEntries(outlines.map(({ name, shape }) => [name, tf.tensor(numbers[name]!, [...shape], 'float32')]));
  const weights = made(tensors.filter(({ kind }) => kind === 'weight'));
  return { weights, statistics: made(tensors.filter(({ kind }) => kind !== 'weight')), average: made(tensors), slots: initialSlots(weights) };
}

/** Numbers of the right sizes, for a state whose shapes alone matter. */
export function zeros({ tensors }: Network): Record<string, Float32Array> {
  return Object.fromEntries(tensors.map(({ name, shape }) => [name, new Float32Array(elements(shape))]));
}

/** The state's numbers by `<part>.<name>`, as a checkpoint stores them. */
export async function storedTensors(state: TrainState): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const part of PARTS) {
    for (const [name, tensor] of Object.entries(state[part])) stored.set(`${part}.${name}`, { shape: tensor.shape, values: await tensor.data<'float32'>() });
  }
  return stored;
}

/**
 * The inverse of `storedTensors`. `like` is a state of the same network and optimiser, which it replaces and disposes.
 * Throws CHECKPOINT_MISMATCH with the first tensor that is missing, of another shape, or not of this training.
 */
export function restoreState(stored: ReadonlyMap<string, StoredTensor>, like: TrainState, where: string): TrainState {
  const left = new Map(stored);
  const restored = (part: (typeof PARTS)[number]): Tensors =>
    Object.fromEntries(
      Object.entries(like[part]).map(([name, { shape }]) => {
        const found = left.get(`${part}.${name}`);
        if (String(found?.shape) !== String(shape)) {
          throw mismatch(where, `${part}.${name} is ${found ? `[${found.shape}]` : 'missing'}, but this training needs [${shape}]`);
        }
        left.delete(`${part}.${name}`);
        return [name, tf.tensor(found!.values as Float32Array, shape, 'float32')];
      }),
    );
  const state = { weights: restored('weights'), statistics: restored('statistics'), average: restored('average'), slots: restored('slots') };
  const [extra] = left.keys();
  if (extra !== undefined) throw mismatch(where, `${extra} is no tensor of this training`);
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

function mismatch(where: string, what: string): PipelineError {
  return new PipelineError('CHECKPOINT_MISMATCH', `${where}: ${what} · was it made by another model or optimiser? Remove it to train from the start.`);
}
