import { tmpdir } from 'node:os';
import { checkState, checkTensors } from './check-tensors.js';
import { isNative, nativeBackend } from './native.js';
import { disposeMade, readProgram, recordProgram, runProgram, writeProgram, type NamedTensors, type Program, type PureStep } from './program.js';
import { tf } from './runtime.js';

export type { NamedTensors, PureStep } from './program.js';

export interface CompileOptions {
  /** An existing folder on a disk, by default the system's for temporary files; it holds the graph for a moment while it is loaded. Asked for at each recording. */
  readonly scratch?: string;
  /** Runs the same function operation by operation, with the same results up to rounding: to debug, and to compare. */
  readonly eager?: boolean;
}

export interface CompiledStep {
  /**
   * One step; blocks until it is computed. Inputs and outputs: float32, int32 or bool, any shape; the caller owns both. Inputs of
   * other names, order, shapes or types than before are recorded when they first come. Throws what the function throws while it
   * is recorded, COMPILE_UNSUPPORTED, TypeError for what is no tensor, and RangeError for a next state of other shapes or
   * types; after all of these the state is what it was.
   */
  run(inputs: NamedTensors): Record<string, tf.Tensor>;
  /** Copies of the state; the caller owns them. */
  readState(): Record<string, tf.Tensor>;
  /** Replaces the whole state by copies. Throws RangeError if a tensor is missing or of another shape or type. */
  writeState(state: NamedTensors): void;
  /** How often the function was recorded: once for every set of input shapes. Eager steps: 0. */
  readonly recordings: number;
  /** Ends the sessions; the step cannot run any more. */
  dispose(): void;
}

/**
 * A step as one TensorFlow graph with its state inside, recorded at its first run and then run as a whole: two to four times
 * faster than operation by operation. The function itself is called once for every set of input shapes, so everything
 * that changes from step to step must be an input: a rate or a step number in a JavaScript variable would stay what it was.
 *
 * `initial` may be disposed at once. The first run throws COMPILE_UNSUPPORTED, naming the operation or the variable, for functions
 * that a recording would not reproduce (see `record` and `leavingVariables`). On a backend without libtensorflow the step runs eagerly.
 */
export function compilePureStep(step: PureStep, initial: NamedTensors, options: CompileOptions = {}): CompiledStep {
  if (options.eager || !isNative()) return eagerStep(step, initial);
  const programs = new Map<string, Program>();
  let active: Program | undefined;
  let pending: NamedTensors | undefined = copiesOf(initial); // until there is a session to hold it
  let recordings = 0;

  const current = (): Program => {
    if (!active) throw new Error('the compiled step was disposed');
    return active;
  };
  const programFor = (inputs: NamedTensors): Program => {
    const key = signatureOf(inputs);
    const known = programs.get(key);
    if (known && known === active) return known;
    const held = pending ?? readProgram(current()); // each session has variables of its own
    try {
      const program = known ?? recordProgram(step, held, inputs, options.scratch ?? tmpdir());
      if (!known) recordings++;
      writeProgram(program, held);
      programs.set(key, program);
      active = program;
      pending = undefined;
      return program;
    } finally {
      if (held !== pending) tf.dispose(Object.values(held));
    }
  };
  return {
    run(inputs) {
      checkTensors('input', inputs);
      return runProgram(programFor(inputs), inputs);
    },
    readState: () => (pending ? clonesOf(pending) : readProgram(current())),
    writeState(given) {
      checkState(given, pending ?? current().state);
      if (active) return writeProgram(active, given);
      tf.dispose(Object.values(pending!));
      pending = copiesOf(given);
    },
    get recordings() {
      return recordings;
    },
    dispose() {
      for (const { session } of programs.values()) session.dispose();
      programs.clear();
      if (pending) tf.dispose(Object.values(pending));
      active = pending = undefined;
    },
  };
}

/** The same interface, operation by operation. */
function eagerStep(step: PureStep, initial: NamedTensors): CompiledStep {
  let state = copiesOf(initial);
  const replace = (next: Record<string, tf.Tensor>): void => {
    tf.dispose(Object.values(state));
    state = next;
  };
  return {
    run(inputs) {
      checkTensors('input', inputs);
      const made = tf.tidy(() => {
        const next = step(state, inputs);
        checkState(next.state, state);
        checkTensors('output', next.outputs);
        const copies = { state: copiesOf(next.state), outputs: clonesOf(next.outputs) };
        disposeMade(next, [state, inputs]);
        return copies;
      });
      replace(made.state);
      return made.outputs;
    },
    readState: () => clonesOf(state),
    writeState(given) {
      checkState(given, state);
      replace(copiesOf(given));
    },
    recordings: 0,
    dispose: () => replace({}),
  };
}

function signatureOf(inputs: NamedTensors): string {
  return Object.entries(inputs)
    .map(([name, { dataId, shape }]) => `${name}:${nativeBackend().tensorMap.get(dataId).dtype}[${shape}]`)
    .join(' ');
}

/** `clonesOf` that survive any scope. */
function copiesOf(tensors: NamedTensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(clonesOf(tensors)).map(([name, tensor]) => [name, tf.keep(tensor)]));
}

/** Further handles on the same numbers. */
function clonesOf(tensors: NamedTensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.clone(tensor)]));
}
