// `noisy-student/compile` in plain JavaScript, for `import` and `require`. Nothing is built and Node.js strips no types under
// node_modules, so tsx reads the sources; afterwards the process loads modules as it did before.
const { register } = require('tsx/cjs/api');

const tsx = register({ namespace: 'noisy-student' });
const { compilePureStep, compileStep } = tsx.require('./public.ts', __filename);
tsx.unregister();

// One by one: so that an `import` finds the names.
exports.compilePureStep = compilePureStep;
exports.compileStep = compileStep;
