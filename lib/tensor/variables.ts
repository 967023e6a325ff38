import { PipelineError } from '../errors.js';
import { tf } from './runtime.js';

export type NamedVariables = Readonly<Record<string, tf.Variable>>;

/** The variables of this process: those of `tf.layers`, `tf.train` and `tf.variable`. */
export function allVariables(): NamedVariables {
  return { ...(tf.engine() as unknown as { readonly registeredVariables: NamedVariables }).registeredVariables };
}

/**
 * What `work`, a recording, returns. Afterwards every variable is what it was before, and those that `work` made are gone.
 *
 * Throws COMPILE_UNSUPPORTED, with the variable's name, if `work` made or left changed any: the graph would not do so again.
 */
export function leavingVariables<T>(work: () => T): T {
  const before = Object.entries(allVariables()).map(([name, variable]) => ({ name, variable, was: tf.clone(variable as tf.Tensor) }));
  const known = new Set(before.map(({ name }) => name));
  const made = () => Object.entries(allVariables()).filter(([name]) => !known.has(name));
  const changed = () => before.filter(({ variable, was }) => !variable.isDisposed && variable.dataId !== was.dataId);
  try {
    const result = work();
    for (const [name] of made()) throw unsupported(`the step makes the variable ${name}`, 'call it once, with a new optimiser, before it is compiled');
    for (const { name } of changed()) throw unsupported(`the step assigns the variable ${name}, which is not in its state`, 'add it to `state`');
    return result;
  } finally {
    for (const { variable, was } of changed()) variable.assign(was);
    tf.dispose(made().map(([, variable]) => variable));
    tf.dispose(before.map(({ was }) => was));
  }
}

function unsupported(what: string, remedy: string): PipelineError {
  return new PipelineError('COMPILE_UNSUPPORTED', `${what} · a compiled step is recorded once and run many times · ${remedy}`);
}
