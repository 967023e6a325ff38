import { DATA_TYPE } from './graph-def.js';
import { nativeBackend, type Attribute, type NativeBackend } from './native.js';
import { tf } from './runtime.js';

/** Makes float32 tensors that have a shape and no numbers. */
export type MakeHollow = (shape: readonly number[]) => tf.Tensor;

/**
 * Runs `work` and works out shapes instead of numbers, wherever a tensor without numbers goes into an operation of the table below: a network
 * passes in no time and no memory, whatever its images' size. Other operations compute, with zeros for what has no numbers. Reading
 * a tensor without numbers fails, and it must not outlive `work`.
 */
export function shapeOnly<T>(work: (hollow: MakeHollow) => T): T {
  const backend = nativeBackend();
  const { executeSingleOutput, executeMultipleOutputs, readSync } = backend;
  const dataIds = new WeakSet<object>();
  const isHollow = ({ dataId }: tf.Tensor) => dataIds.has(dataId);
  const hollow: MakeHollow = (shape) => {
    const tensor = backend.createOutputTensor({ id: NO_TENSOR, shape: [...shape], dtype: DATA_TYPE.float32 });
    dataIds.add(tensor.dataId);
    return tensor;
  };
  const infer = (name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): number[] | undefined => {
    if (!Object.hasOwn(SHAPES, name) || !inputs.some(isHollow)) return undefined;
    const valueOf = (attribute: string) => attributes.find((one) => one.name === attribute)?.value;
    const numbersOf = (input: number) => [...readSync.call(backend, inputs[input]!.dataId)];
    return SHAPES[name]!({ shapes: inputs.map(({ shape }) => shape), valueOf, numbersOf });
  };
  /** Calls with zeros in the place of what has no numbers. */
  const compute = <R>(inputs: readonly tf.Tensor[], call: (filled: readonly tf.Tensor[]) => R): R => {
    const zeros = new Map(inputs.filter(isHollow).map((input) => [input, tf.keep(tf.zeros(input.shape))]));
    try {
      return call(inputs.map((input) => zeros.get(input) ?? input));
    } finally {
      tf.dispose([...zeros.values()]);
    }
  };
  const wrappers: Partial<NativeBackend> = {
    executeSingleOutput(name, attributes, inputs) {
      const shape = infer(name, attributes, inputs);
      return shape ? hollow(shape) : compute(inputs, (filled) => executeSingleOutput.call(backend, name, attributes, filled));
    },
    executeMultipleOutputs(name, attributes, inputs, count) {
      const shape = infer(name, attributes, inputs);
      if (!shape) return compute(inputs, (filled) => executeMultipleOutputs.call(backend, name, attributes, filled, count));
      return Array.from({ length: count }, (_, i) => hollow(i === 0 ? shape : shape.slice(-1))); // batch norms: the map, and statistics of each channel
    },
  };
  Object.assign(backend, wrappers); // own properties over the prototype's
  try {
    return work(hollow);
  } finally {
    for (const name of Object.keys(wrappers)) Reflect.deleteProperty(backend, name);
  }
}

/** tfjs-node frees only numbers from 0. */
const NO_TENSOR = -1;

interface Operation {
  readonly shapes: readonly (readonly number[])[];
  valueOf(attribute: string): unknown;
  /** Of an input that says what to do, such as the axes of a mean. */
  numbersOf(input: number): number[];
}

const likeFirst = ({ shapes }: Operation): number[] => [...shapes[0]!];

/** Operations whose outputs are float32 where their first input is, and the shape of the first one; undefined where the rule does not hold. */
const SHAPES: Readonly<Record<string, (operation: Operation) => number[] | undefined>> = {
  ...Object.fromEntries(['Identity', 'ZerosLike', 'Sigmoid', 'BiasAdd', 'Softmax', 'FusedBatchNorm'].map((name) => [name, likeFirst])),
  ...Object.fromEntries(['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'SigmoidGrad'].map((name) => [name, broadcast])),
  Cast: (cast) => (cast.valueOf('DstT') === DATA_TYPE.float32 ? likeFirst(cast) : undefined),
  Reshape: ({ numbersOf }) => {
    const shape = numbersOf(1);
    return shape.includes(-1) ? undefined : shape;
  },
  Mean: ({ shapes: [shape], valueOf, numbersOf }) => {
    const axes = numbersOf(1);
    return shape!.flatMap((side, axis) => (!axes.includes(axis) ? [side] : valueOf('keep_dims') ? [1] : []));
  },
  PadV2: ({ shapes: [shape], numbersOf }) => {
    const padding = numbersOf(1);
    return shape!.map((side, axis) => side + padding[2 * axis]! + padding[2 * axis + 1]!);
  },
  Conv2D: (convolution) => convolve(convolution, ([, , , outputs]) => outputs!),
  DepthwiseConv2dNative: (convolution) => convolve(convolution, ([, , channels, multiplier]) => channels! * multiplier!),
  MatMul: ({ shapes, valueOf }) => product(shapes, valueOf('transpose_a') === true, valueOf('transpose_b') === true),
  BatchMatMulV2: ({ shapes, valueOf }) => product(shapes, valueOf('adj_x') === true, valueOf('adj_y') === true),
};

function broadcast({ shapes: [first, second] }: Operation): number[] {
  const [long, short] = first!.length >= second!.length ? [first!, second!] : [second!, first!];
  const ones = long.length - short.length;
  return long.map((side, i) => (i < ones || short[i - ones] === 1 ? side : short[i - ones]!));
}

/** [n, h, w, channels] and a filter [k, k, ...] → [n, h', w', outputs]. */
function convolve({ shapes: [map, filter], valueOf }: Operation, outputsOf: (filter: readonly number[]) => number): number[] | undefined {
  const [strides, dilations, padding] = [valueOf('strides') as number[], valueOf('dilations') as number[], valueOf('padding')];
  if (valueOf('data_format') !== 'NHWC' || (padding !== 'SAME' && padding !== 'VALID')) return undefined;
  const along = (axis: number) => {
    const covered = padding === 'SAME' ? 0 : (filter![axis - 1]! - 1) * dilations[axis]!;
    return Math.ceil((map![axis]! - covered) / strides[axis]!);
  };
  return [map![0]!, along(1), along(2), outputsOf(filter!)];
}

/** Matrices, or batches of as many; other batches would be broadcast. */
function product([first, second]: Operation['shapes'], transposeFirst: boolean, transposeSecond: boolean): number[] | undefined {
  if (String(first!.slice(0, -2)) !== String(second!.slice(0, -2))) return undefined;
  return [...first!.slice(0, -2), first!.at(transposeFirst ? -1 : -2)!, second!.at(transposeSecond ? -2 : -1)!];
}
