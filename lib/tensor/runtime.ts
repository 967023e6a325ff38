import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs-node-gpu';
import { PipelineError } from '../errors.js';
import { SET_UP } from '../package.js';

/**
 * TensorFlow, loaded at the first use of any of its members: importing this file costs nothing, so a command
 * that computes nothing starts at once and works on a machine where TensorFlow is not set up.
 */
export const tf: typeof TensorFlow = new Proxy({} as typeof TensorFlow, {
  get: (_target, name) => Reflect.get(loadTensorFlow(), name) as unknown,
  has: (_target, name) => Reflect.has(loadTensorFlow(), name),
});

/** The types of `tf.…`: a value and the types of one name can be exported together in this way only. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- it holds types alone, and nothing at run time
export declare namespace tf {
  type Rank = TensorFlow.Rank;
  type Tensor<R extends Rank = Rank> = TensorFlow.Tensor<R>;
  type Scalar = TensorFlow.Scalar;
  type Tensor1D = TensorFlow.Tensor1D;
  type Tensor2D = TensorFlow.Tensor2D;
  type Tensor3D = TensorFlow.Tensor3D;
  type Tensor4D = TensorFlow.Tensor4D;
  type Tensor5D = TensorFlow.Tensor5D;
  type Variable<R extends Rank = Rank> = TensorFlow.Variable<R>;
  type TensorContainer = TensorFlow.TensorContainer;
  type TensorContainerObject = TensorFlow.TensorContainerObject;
  type NamedTensorMap = TensorFlow.NamedTensorMap;
  type TensorLike = TensorFlow.TensorLike;
  type DataType = TensorFlow.DataType;
  type DataTypeMap = TensorFlow.DataTypeMap;
  type ShapeMap = TensorFlow.ShapeMap;
  type TypedArray = TensorFlow.TypedArray;
  type GradSaveFunc = TensorFlow.GradSaveFunc;
}

export interface RuntimeFacts {
  readonly package: string;
  readonly libtensorflow: string;
  readonly backend: string;
  readonly gpu: boolean;
}

/** What computes here, for reports and for `doctor`. Loads TensorFlow. */
export function runtimeFacts(): RuntimeFacts {
  const backend = tf.backend() as unknown as NodeBackend;
  return {
    package: `@tensorflow/tfjs-node-gpu ${(tf.version as Record<string, string>)['tfjs-node']}`,
    libtensorflow: backend.binding.TF_Version,
    backend: tf.getBackend(),
    gpu: backend.isUsingGpuDevice,
  };
}

/**
 * The environment that a process which computes must be started with: libtensorflow reads it once, when it is loaded, and glibc when the
 * process starts.
 *
 * An intra-op count splits one operation over threads, and with it the order of the additions: another count,
 * other last bits. An inter-op count runs independent operations side by side and leaves the bits alone. So
 * intra-op stays 1 and inter-op takes the cores: measured faster than the other way round, and machines with
 * different numbers of cores compute the same bytes.
 */
export function tensorFlowEnvironment({ intraOp = 1, interOp }: { intraOp?: number; interOp: number }): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(intraOp),
    TF_NUM_INTEROP_THREADS: String(interOp),
    TF_ENABLE_ONEDNN_OPTS: '1', // left alone it is on for processors with AVX-512 only; on one with AVX2 a step of efficientnet_t1 takes 50 ms instead of 62
    // For glibc. One heap for all threads, as one for each keeps 70 MB more of what was freed; in huge pages, which takes 10 % off a step of EfficientNet-B0.
    MALLOC_ARENA_MAX: '1',
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    TF_CPP_MIN_LOG_LEVEL: '2', // errors only: no lines about the processor's instructions at every start
  };
}

/** The parts of the package's backend that its typings leave out. */
interface NodeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

let loaded: typeof TensorFlow | undefined;

function loadTensorFlow(): typeof TensorFlow {
  loaded ??= requireTensorFlow();
  return loaded;
}

function requireTensorFlow(): typeof TensorFlow {
  restoreRemovedUtil();
  const require = createRequire(import.meta.url);
  const present = Object.values(require.cache).find((module) => module?.loaded && TENSORFLOW_JS.test(module.filename));
  if (present) return present.exports as typeof TensorFlow;
  try {
    return require('@tensorflow/tfjs-node-gpu') as typeof TensorFlow;
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n')[0];
    throw new PipelineError('TENSORFLOW_MISSING', `TensorFlow cannot be loaded (${reason}) · run: ${SET_UP}`, { cause: error });
  }
}

/** What a program that imports `noisy-student/compile` may have loaded before: its tensors are of that package, and a process has room for one backend. */
const TENSORFLOW_JS = /[\\/]@tensorflow[\\/]tfjs(-node|-node-gpu)?[\\/]dist[\\/](index|tf\.node)\.js$/;

/**
 * tfjs-node 4.22 calls two functions of node:util that Node.js 22 warns about (DEP0044, DEP0051) and that
 * Node.js 23 no longer has. It looks them up at every call, so ours are found.
 */
export function restoreRemovedUtil(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}
