import { compilePureStep, type CompiledStep, type CompileOptions, type NamedTensors } from './compile.js';
import { checkTensors } from './check-tensors.js';
import { tf } from './runtime.js';
import { allVariables, type NamedVariables } from './variables.js';

/** What a step computes from its inputs; it reads and assigns variables as it likes. */
export type StepFunction = (inputs: NamedTensors) => NamedTensors;

export interface StepOptions extends CompileOptions {
  /**
   * The variables that outlive a step; by default all there are, as `tf.layers` and `tf.train` make them. Their numbers then
   * live in the compiled step, and those of the variables themselves stay as they are until `syncVariables`.
   */
  readonly state?: NamedVariables;
}

export interface CompiledFunction extends CompiledStep {
  /** Assigns the state of the step to the variables, to save or evaluate a model in the ordinary way. It goes that way only. */
  syncVariables(): void;
}

/**
 * Compiles a step written with variables, such as `() => optimizer.minimize(…)`: see `compilePureStep` for what that means
 * and what it refuses. An optimiser of `tf.train` makes its variables at its first use, so run it once before. A variable that is
 * not in `state` is a constant, with the number it has at the recording; a step that assigns one is refused.
 */
export function compileStep(step: StepFunction, { state = allVariables(), ...options }: StepOptions = {}): CompiledFunction {
  const compiled = compilePureStep((held, inputs) => withNumbers(state, held, () => step(inputs)), state, options);
  return {
    ...compiled,
    get recordings() {
      return compiled.recordings;
    },
    syncVariables: () =>
      tf.tidy(() => {
        for (const [name, tensor] of Object.entries(compiled.readState())) state[name]!.assign(tensor);
      }),
  };
}

/** Runs a step on variables that hold `held` for its time, and takes what it assigned as the next state. */
function withNumbers(state: NamedVariables, held: NamedTensors, step: () => NamedTensors) {
  const before = Object.entries(state).map(([name, variable]) => ({ name, variable, was: tf.clone(variable as tf.Tensor) }));
  try {
    for (const { name, variable } of before) variable.assign(tf.clone(held[name]!));
    const given = step();
    checkTensors('output', given);
    const outputs = Object.fromEntries(
      Object.entries(given).map(([name, tensor]) => [name, tensor instanceof tf.Variable ? tf.clone(tensor as tf.Tensor) : tensor]),
    );
    return { state: Object.fromEntries(before.map(({ name, variable }) => [name, tf.clone(variable as tf.Tensor)])), outputs };
  } finally {
    for (const { variable, was } of before) variable.assign(was);
  }
}
