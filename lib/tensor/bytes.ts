import { DATA_TYPE } from './graph-def.js';
import { isNative, nativeBackend } from './native.js';
import { tf } from './runtime.js';

/**
 * Bytes as a tensor, a quarter of the memory of what TensorFlow.js would make of them. It knows no such type, so the tensor
 * says int32; only `toFloat` and a compiled step's inputs may take it.
 */
export function bytesTensor(values: Uint8Array, shape: readonly number[]): tf.Tensor {
  if (!isNative()) return tf.tensor(values, [...shape], 'int32');
  const backend = nativeBackend();
  const id = backend.binding.createTensor([...shape], DATA_TYPE.uint8, values);
  return backend.createOutputTensor({ id, shape: [...shape], dtype: DATA_TYPE.uint8 });
}

/** The numbers of a `bytesTensor` as float32; a float32 tensor stays what it is. */
export function toFloat<T extends tf.Tensor>(tensor: T): T {
  if (tensor.dtype === 'float32') return tensor;
  if (!isNative()) return tf.cast(tensor, 'float32');
  const backend = nativeBackend();
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const attributes = [type('SrcT', backend.tensorMap.get(tensor.dataId).dtype), type('DstT', DATA_TYPE.float32)];
  return backend.executeSingleOutput('Cast', [...attributes, { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false }], [tensor]) as T;
}
