import { PipelineError } from '../errors.js';
import { attribute, DATA_TYPE, encodeAttribute, type GraphDef } from './graph-def.js';
import { nativeBackend, type Attribute, type NativeBackend } from './native.js';
import { tf } from './runtime.js';

/** A variable of the graph while a step is recorded. */
export interface GraphVariable {
  readonly handle: string;
  readonly type: number;
  /** The node that reads what it holds at this point of the step. */
  read: string;
  /** That of a tensor with the same numbers. */
  dataId: object;
  /** Nodes that changed it in place. */
  readonly changes: string[];
}

/** Which node of the graph computes a tensor. */
export interface Recording {
  /** The node of a tensor: the one that computes it, or a constant with its present numbers. */
  nodeOf(tensor: tf.Tensor): string;
  /** From now on `tensor` is what `node` computes. */
  bind(tensor: { readonly dataId: object }, node: string): void;
  /** From now on `variable` is known by the tensor whose numbers it holds. */
  bindVariable(variable: GraphVariable): void;
  /** The variable that holds the tensor's numbers at this point of the step. */
  variableOf(tensor: tf.Tensor): GraphVariable | undefined;
  /** Records an operation that changes variables in place. Returns tensors that stand for what they hold after it. */
  change(operation: InPlaceOperation, variables: readonly GraphVariable[], operands: readonly tf.Tensor[], like: readonly tf.Tensor[]): tf.Tensor[];
}

/** The recording that is under way. */
export function activeRecording(): Recording | undefined {
  return active;
}

let active: Recording | undefined;

/**
 * Records into `graph` what `work` computes, while it computes it: shapes, types and gradients are those of ordinary
 * execution, but a float32 tensor of 4,096 elements or more is all zeros. Any tensor that was neither bound nor computed is a constant.
 *
 * Throws COMPILE_UNSUPPORTED, which names the operation, where a recording would say something else than the function:
 * it reads a tensor it computed, or it draws random numbers.
 */
export function record<T>(graph: GraphDef, work: (recording: Recording) => T): T {
  const backend = nativeBackend();
  const nodes = new Map<object, string>(); // by dataId; holding it keeps its id from being given again
  const random = new Map<object, string>();

  const nodeOf = (tensor: tf.Tensor): string => {
    const known = nodes.get(tensor.dataId);
    if (known !== undefined) return known;
    if (isInt64(tensor)) return graph.constant(DATA_TYPE.int64, [], bytesOf(tensor.valueArray));
    if (withoutNumbers.has(tensor.dataId))
      throw unsupported('the step', 'keeps a tensor of an earlier recording, which has no numbers of its own; make it outside of the step');
    const source = random.get(tensor.dataId);
    if (source !== undefined) throw unsupported(source, 'draws random numbers, which would be the same at every run; hand them over as an input');
    const { dtype, shape } = backend.tensorMap.get(tensor.dataId);
    const node = graph.constant(dtype, shape, bytesOf(readSync.call(backend, tensor.dataId)));
    nodes.set(tensor.dataId, node);
    return node;
  };
  const add = (name: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): string => {
    if (STATEFUL.test(name)) throw unsupported(name, 'draws random numbers of its own; use a stateless one with a seed that is an input');
    const completed = COMPLETED[name]?.(inputs.map(({ dataId }) => backend.tensorMap.get(dataId).dtype)) ?? {};
    const given = Object.fromEntries(attributes.map((one) => [one.name, encodeAttribute(one)]));
    return graph.add(name, inputs.map(nodeOf), { ...completed, ...given });
  };
  const refuseRead = (dataId: object): void => {
    if (nodes.has(dataId)) throw unsupported(scopeName(), 'reads a computed tensor, so that what follows would depend on the numbers of one run');
  };

  const { executeSingleOutput, executeMultipleOutputs, readSync, read, write } = backend;
  const run = (operation: 'Identity' | 'ZerosLike') => (tensor: tf.Tensor) => {
    const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.tensorMap.get(tensor.dataId).dtype };
    return executeSingleOutput.call(backend, operation, [type], [tensor]);
  };
  const [again, zerosLike] = [run('Identity'), run('ZerosLike')];
  const shared = new Map<string, tf.Tensor>(); // by shape
  /**
   * The numbers of a recording do not matter, so large tensors of one shape are all the same zeros: a third of the memory of ordinary
   * execution. Zeros, as they make valid indices whatever becomes of them.
   */
  const shareMemory = (output: tf.Tensor): tf.Tensor => {
    if (output.dtype !== 'float32' || output.size < LARGE) return output;
    const shape = String(output.shape);
    if (!shared.has(shape)) shared.set(shape, tf.keep(zerosLike(output)));
    output.dispose();
    const stand = again(shared.get(shape)!);
    withoutNumbers.add(stand.dataId);
    return stand;
  };
  const wrappers: Partial<NativeBackend> = {
    executeSingleOutput(name, attributes, inputs) {
      const node = add(name, attributes, inputs);
      const output = shareMemory(executeSingleOutput.call(backend, name, attributes, inputs));
      nodes.set(output.dataId, node);
      return output;
    },
    executeMultipleOutputs(name, attributes, inputs, count) {
      const node = add(name, attributes, inputs);
      const outputs = executeMultipleOutputs.call(backend, name, attributes, inputs, count).map(shareMemory);
      for (const [i, output] of outputs.entries()) nodes.set(output.dataId, i === 0 ? node : `${node}:${i}`);
      return outputs;
    },
    readSync(dataId) {
      refuseRead(dataId);
      return readSync.call(backend, dataId);
    },
    read(dataId) {
      refuseRead(dataId);
      return read.call(backend, dataId);
    },
    write(values, shape, dtype) {
      const dataId = write.call(backend, values, shape, dtype);
      const scope = scopeName();
      if (RANDOM_IN_JAVASCRIPT.test(scope)) random.set(dataId, scope);
      return dataId;
    },
  };
  const variables = new Map<object, GraphVariable>(); // by dataId
  const recording: Recording = {
    nodeOf,
    bind: ({ dataId }, node) => nodes.set(dataId, node),
    bindVariable(variable) {
      nodes.set(variable.dataId, variable.read);
      variables.set(variable.dataId, variable);
    },
    variableOf: ({ dataId }) => variables.get(dataId),
    change(operation, changed, operands, like) {
      const [first] = changed;
      const inputs = [...changed.map(({ handle }) => handle), ...operands.map(nodeOf), ...changed.map(({ read }) => `^${read}`)];
      const node = graph.add(operation, inputs, { [IN_PLACE[operation]]: attribute.type(first!.type) });
      return changed.map((variable, i) => {
        const type = attribute.type(variable.type);
        // Its numbers do not matter, its shape does.
        const stand = again(like[i]!);
        variables.delete(variable.dataId);
        variable.changes.push(node);
        variable.dataId = stand.dataId;
        variable.read = graph.add('ReadVariableOp', [variable.handle, `^${node}`], { dtype: type });
        recording.bindVariable(variable);
        return stand;
      });
    },
  };
  Object.assign(backend, wrappers); // own properties over the prototype's
  active = recording;
  try {
    return work(recording);
  } finally {
    active = undefined;
    tf.dispose([...shared.values()]);
    for (const name of Object.keys(wrappers)) Reflect.deleteProperty(backend, name);
  }
}

/** Elements from which tensors share their memory while a step is recorded: smaller ones add up to little, and their numbers help whoever debugs. */
const LARGE = 2 ** 12;

/** The `dataId`s of tensors that shared memory in some recording. */
const withoutNumbers = new WeakSet<object>();

/** What ordinary execution works out from the inputs, and a graph wants to be told. */
const COMPLETED: Readonly<Record<string, (inputTypes: readonly number[]) => Record<string, ReturnType<typeof attribute.type>>>> = {
  ExpandDims: ([type]) => ({ T: attribute.type(type!), Tdim: attribute.type(DATA_TYPE.int32) }),
};

/** Operations that change variables, and what each calls the attribute of their type. */
const IN_PLACE = { AssignVariableOp: 'dtype', ResourceApplyAdam: 'T', ResourceApplyRMSProp: 'T' } as const;

export type InPlaceOperation = keyof typeof IN_PLACE;

/** Operations with a random state of their own, by libtensorflow's names. */
const STATEFUL = /^(Random|Truncated|Multinomial|ParameterizedTruncated|Stateful)/;

/** Functions of TensorFlow.js that draw in JavaScript; what they made would be a constant. */
const RANDOM_IN_JAVASCRIPT = /^(random|rand$|truncatedNormal|multinomial|dropout)/i;

/** The function of TensorFlow.js that is under way; its scope is named after it, with a mark behind. */
function scopeName(): string {
  const { state } = tf.engine() as unknown as { readonly state: { readonly activeScope?: { readonly name?: string } | null } };
  return (state.activeScope?.name ?? 'the step').replace(/__op$/, '');
}

/** tfjs-node's stand-in for a type that TensorFlow.js lacks. */
function isInt64(tensor: object): tensor is { readonly valueArray: Int32Array } {
  return 'valueArray' in tensor;
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function unsupported(operation: string, why: string): PipelineError {
  return new PipelineError('COMPILE_UNSUPPORTED', `${operation} ${why} · a compiled step is recorded once and run many times`);
}
