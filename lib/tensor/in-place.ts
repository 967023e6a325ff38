import type { tf } from './runtime.js';
import { activeRecording, type InPlaceOperation } from './tracer.js';

/** A change of tensors of a step's state. */
export interface InPlaceUpdate {
  /** An operation of libtensorflow that changes variables. */
  readonly operation: InPlaceOperation;
  /** The tensors to change, in the operation's order. */
  readonly variables: readonly tf.Tensor[];
  /** Its other inputs, in the operation's order. */
  readonly operands: readonly tf.Tensor[];
  /** The same in ordinary operations: new tensors, in the order of `variables`. */
  otherwise(): tf.Tensor[];
}

/**
 * What `otherwise` computes. In a step that is being recorded, and for tensors of its state, it is one pass over the variables
 * themselves instead of a dozen over copies. The step stays a pure function: who holds a tensor from before the change still
 * reads the numbers from before (libtensorflow copies a buffer that has other readers before it writes to it).
 */
export function updateInPlace({ operation, variables, operands, otherwise }: InPlaceUpdate): tf.Tensor[] {
  const recording = activeRecording();
  const held = variables.flatMap((tensor) => recording?.variableOf(tensor) ?? []);
  if (!recording || held.length < variables.length) return otherwise();
  return recording.change(operation, held, operands, variables);
}

/** `value`, which takes the place of `tensor` in the state at once, so that a further update of it can be in place too. */
export function assignInPlace<T extends tf.Tensor>(tensor: T, value: T): T {
  return updateInPlace({ operation: 'AssignVariableOp', variables: [tensor], operands: [value], otherwise: () => [value] })[0] as T;
}
