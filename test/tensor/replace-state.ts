/** A process that gives a compiled step hundreds of small variables, again and again; see compile.test.ts. Were they the numbers' own memory, two of three such processes would die. */
import { compilePureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';

const names = Array.from({ length: 600 }, (_, i) => `s${i}`);
const fresh = () => Object.fromEntries(names.map((name, i) => [name, tf.tensor1d(new Float32Array(20 + (i % 60)))]));

for (let round = 0; round < 5; round++) {
  const step = compilePureStep(
    (state, { x }) => ({ state: Object.fromEntries(names.map((name) => [name, tf.add(state[name]!, x!)])), outputs: { x: tf.add(x!, 0) } }),
    fresh(),
  );
  for (let i = 0; i < 8; i++) {
    const state = fresh();
    step.writeState(state);
    tf.dispose(Object.values(state)); // now the step's variables are the last to let go of the numbers
    const x = tf.scalar(i);
    tf.dispose([x, ...Object.values(step.run({ x }))]);
  }
  step.dispose();
}
