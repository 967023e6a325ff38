import { restoreRemovedUtil } from './runtime.js';

/** What `noisy-student/compile` offers to other programs; docs/compile.md explains it. */
export { compilePureStep, type CompiledStep, type CompileOptions, type NamedTensors, type PureStep } from './compile.js';
export { compileStep, type CompiledFunction, type StepFunction, type StepOptions } from './compile-variables.js';
export type { NamedVariables } from './variables.js';

restoreRemovedUtil(); // at once: the program uses TensorFlow.js before it compiles anything
