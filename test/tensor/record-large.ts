import { compilePureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';

/** A step with 2 * TENSORS results of 16 MiB each, recorded and run in a process of its own; prints its outputs and by how much the peak of memory grew. */
const MIB = 2 ** 20;
const tensors = Number(process.argv[2]);

const x = tf.ones([4 * MIB]); // 16 MiB
const step = compilePureStep((state, { x }) => {
  let value = x!;
  for (let i = 0; i < tensors; i++) value = tf.mul(tf.add(value, i), 0.5); // ordinary execution holds all of them until the step ends
  return { state, outputs: { first: tf.slice(value, 0, 1), mean: tf.mean(value) } };
}, {});
const before = peakBytes();
const { first, mean } = step.run({ x });
console.log(JSON.stringify({ first: first!.dataSync()[0], mean: mean!.dataSync()[0], grown: peakBytes() - before }));

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024; // kibibytes on every platform
}
