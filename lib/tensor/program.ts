import { PipelineError } from '../errors.js';
import { checkState, checkTensors } from './check-tensors.js';
import { attribute, DATA_TYPE, GraphDef } from './graph-def.js';
import { nativeBackend } from './native.js';
import { tf } from './runtime.js';
import { openSession, type Session } from './session.js';
import { record, type GraphVariable, type Recording } from './tracer.js';
import { leavingVariables } from './variables.js';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** A step as a pure function: a state of the same names, types and shapes comes out; nothing that goes in is changed. */
export type PureStep = (state: NamedTensors, inputs: NamedTensors) => { readonly state: NamedTensors; readonly outputs: NamedTensors };

/** One recording of a step: a session that holds the state, and the names in it. `writeProgram` gives it its first numbers. */
export interface Program {
  readonly session: Session;
  readonly outputs: readonly string[];
  readonly state: Readonly<Record<string, Pick<tf.Tensor, 'shape' | 'dtype'>>>;
}

export function recordProgram(step: PureStep, givenState: NamedTensors, givenInputs: NamedTensors, scratch: string): Program {
  const graph = new GraphDef();
  const outputs = tf.tidy(() => {
    const [state, inputs] = [standIns(givenState), standIns(givenInputs)];
    return record(graph, (recording) => {
      for (const [i, tensor] of Object.values(inputs).entries()) recording.bind(tensor, placeholder(graph, tensor, `i${i}`));
      const slots = Object.entries(state).map(([name, tensor], i) => openSlot(graph, recording, name, tensor, i));
      const next = leavingVariables(() => step(state, inputs));
      checkState(next.state, state);
      checkTensors('output', next.outputs);
      const written = slots.flatMap((slot) => closeSlot(graph, recording, slot, next.state[slot.name]!)).map((name) => `^${name}`);
      // The addon cannot run an operation for its effect alone, so every output waits for all assignments.
      for (const [i, tensor] of Object.values(next.outputs).entries()) {
        graph.add('Identity', [recording.nodeOf(tensor), ...written], { T: typeOf(tensor) }, `o${i}`);
      }
      addStateAccess(graph, slots);
      disposeMade(next, [state, inputs]);
      return Object.keys(next.outputs);
    });
  });
  if (outputs.length === 0) throw new PipelineError('COMPILE_UNSUPPORTED', 'the step returns nothing · return at least one tensor, such as the loss');
  const like = Object.fromEntries(Object.entries(givenState).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  return { session: openSession(graph, scratch), outputs, state: like };
}

/** Tensors of identities of their own: a recording tells tensors apart by them, and two that are equal today may differ tomorrow. */
function standIns(tensors: NamedTensors): Record<string, tf.Tensor> {
  const backend = nativeBackend();
  const standIn = (tensor: tf.Tensor) => {
    const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.tensorMap.get(tensor.dataId).dtype };
    return backend.executeSingleOutput('Identity', [type], [tensor]);
  };
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, standIn(tensor)]));
}

/** A state tensor in the graph, and the node that reads it before anything is assigned. */
interface Slot {
  readonly name: string;
  readonly tensor: tf.Tensor;
  readonly variable: GraphVariable;
  readonly read: string;
  readonly index: number;
}

function openSlot(graph: GraphDef, recording: Recording, name: string, tensor: tf.Tensor, index: number): Slot {
  const dtype = typeOf(tensor);
  const shape = attribute.shape(tensor.shape);
  const handle = graph.add('VarHandleOp', [], { dtype, shape, shared_name: attribute.string(`v${index}`), container: attribute.string('') }, `h${index}`);
  const read = graph.add('ReadVariableOp', [handle], { dtype }, `r${index}`);
  const { dataId } = tensor; // now: a tf.Variable changes its own
  const variable = { handle, type: nativeBackend().tensorMap.get(dataId).dtype, read, dataId, changes: [] };
  recording.bindVariable(variable);
  return { name, tensor, variable, read, index };
}

/** What has changed a variable by the end of the step: nothing, changes in place, and an assignment of any other tensor. */
function closeSlot(graph: GraphDef, recording: Recording, { tensor, variable, index }: Slot, next: tf.Tensor): string[] {
  const { handle, read, dataId, changes } = variable;
  if (next.dataId === dataId) return changes;
  return [...changes, graph.add('AssignVariableOp', [handle, recording.nodeOf(next), `^${read}`], { dtype: typeOf(tensor) }, `a${index}`)];
}

/** Nodes that read and replace the state from outside of a step. */
function addStateAccess(graph: GraphDef, slots: readonly Slot[]): void {
  const loads = slots.map(({ tensor, variable, index }) => {
    const value = placeholder(graph, tensor, `p${index}`);
    return graph.add('AssignVariableOp', [variable.handle, value], { dtype: typeOf(tensor) }, `l${index}`);
  });
  for (const { tensor, read, index } of slots) graph.add('Identity', [read], { T: typeOf(tensor) }, `g${index}`);
  const one = graph.constant(DATA_TYPE.int32, [], new Uint8Array([1, 0, 0, 0]));
  graph.add('Identity', [one, ...loads.map((name) => `^${name}`)], { T: attribute.type(DATA_TYPE.int32) }, LOADED);
}

const LOADED = 'loaded';

/**
 * A copy of what is fed. A tensor made of JavaScript numbers is those very bytes, and whoever lets go of it last tells the
 * JavaScript engine; a variable may do so on a thread of libtensorflow, which corrupts the process's memory.
 */
function placeholder(graph: GraphDef, tensor: tf.Tensor, name: string): string {
  const dtype = typeOf(tensor);
  return graph.add('DeepCopy', [graph.add('Placeholder', [], { dtype, shape: attribute.shape(tensor.shape) }, name)], { T: dtype });
}

export function runProgram({ session, outputs }: Program, inputs: NamedTensors): Record<string, tf.Tensor> {
  const feeds = new Map(Object.values(inputs).map((tensor, i) => [`i${i}`, tensor]));
  return named(outputs, session.run(feeds, outputs.map((_, i) => `o${i}`))); // prettier-ignore
}

export function readProgram({ session, state }: Program): Record<string, tf.Tensor> {
  const names = Object.keys(state);
  return named(names, names.length === 0 ? [] : session.run(new Map(), names.map((_, i) => `g${i}`))); // prettier-ignore
}

export function writeProgram({ session, state }: Program, given: NamedTensors): void {
  const names = Object.keys(state);
  if (names.length > 0) tf.dispose(session.run(new Map(names.map((name, i) => [`p${i}`, given[name]!])), [LOADED]));
}

/** A step may have kept what it returns, out of reach of the scope around it. */
export function disposeMade(next: ReturnType<PureStep>, given: readonly NamedTensors[]): void {
  const own = new Set(given.flatMap((tensors) => Object.values(tensors)));
  tf.dispose([...Object.values(next.state), ...Object.values(next.outputs)].filter((tensor) => !own.has(tensor)));
}

/** libtensorflow's type, which tells bytes from integers. */
function typeOf(tensor: tf.Tensor) {
  const type = nativeBackend().tensorMap.get(tensor.dataId).dtype;
  if (TYPES.includes(type)) return attribute.type(type);
  throw new PipelineError(
    'COMPILE_UNSUPPORTED',
    `a tensor of the type ${tensor.dtype} cannot go into a compiled step or come out of it · float32, int32, bool and bytes can`,
  );
}

const TYPES: readonly number[] = [DATA_TYPE.float32, DATA_TYPE.int32, DATA_TYPE.bool, DATA_TYPE.uint8];

function named(names: readonly string[], tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
}
