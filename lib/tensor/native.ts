import { tf } from './runtime.js';

/** An attribute of a libtensorflow operation; `type` is one of the binding's `TF_ATTR_…`. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: AttributeValue | readonly AttributeValue[];
}

type AttributeValue = number | string | boolean;

/** One tensor as the addon knows it. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  /** libtensorflow's number of the type. */
  readonly dtype: number;
}

/** The addon of tfjs-node, as far as it is used here; its typings leave it out. */
export interface Binding extends Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>> {
  readonly TF_Version: string;
  createTensor(shape: readonly number[], dtype: number, values: tf.TypedArray): number;
  tensorDataSync(id: number): tf.TypedArray;
  /** Opens a session of its own for a SavedModel folder and returns the session's number. */
  loadSavedModel(folder: string, tags: string): number;
  /** `inputNames` and `outputNames`: operations, separated by commas. Blocks until they are computed. */
  runSavedModel(session: number, inputIds: readonly number[], inputNames: string, outputNames: string): NativeTensor[];
  deleteSavedModel(session: number): void;
  getNumOfSavedModels(): number;
}

/** The part of tfjs-node's backend that runs one operation of libtensorflow. */
export interface NativeBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: { get(dataId: object): { readonly dtype: number; readonly shape: readonly number[] } };
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[], outputs: number): tf.Tensor[];
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(tensor: NativeTensor): tf.Tensor;
  /** Called for every tensor that is made of JavaScript numbers; returns its `dataId`. */
  write(values: unknown, shape: readonly number[], dtype: tf.DataType): object;
  readSync(dataId: object): tf.TypedArray;
  read(dataId: object): Promise<tf.TypedArray>;
}

export function nativeBackend(): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}

/** libtensorflow's own kernels are there; any other backend gets ordinary operations. */
export function isNative(): boolean {
  return tf.getBackend() === 'tensorflow';
}
