// The workflows that a worker registers, by name.
export { labelPool } from './label-pool.js';
export { noisyStudent } from './noisy-student.js';
export { trainGeneration } from './train-generation.js';
