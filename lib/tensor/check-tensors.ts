import type { NamedTensors } from './program.js';
import { tf } from './runtime.js';

/** Throws TypeError, with the name, for what is no tensor, and for a tensor that was disposed. */
export function checkTensors(kind: 'input' | 'output', tensors: NamedTensors): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!(tensor instanceof tf.Tensor)) throw new TypeError(`the ${kind} ${name} is ${String(tensor)}, but must be a tensor`);
    if (tensor.isDisposed) throw new TypeError(`the ${kind} ${name} is a tensor that was disposed`);
  }
}

/** Throws RangeError, with the name, for a tensor of `state` that `given` lacks or has in another shape or type. */
export function checkState(given: NamedTensors, state: Readonly<Record<string, Pick<tf.Tensor, 'shape' | 'dtype'>>>): void {
  for (const [name, { shape, dtype }] of Object.entries(state)) {
    const found = given[name];
    if (String(found?.shape) !== String(shape))
      throw new RangeError(`the state's ${name} is ${found ? `[${found.shape}]` : 'missing'}, but must be [${shape}]`);
    if (found!.dtype !== dtype) throw new RangeError(`the state's ${name} is ${found!.dtype}, but must be ${dtype}`);
  }
}
