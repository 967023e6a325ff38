/** A process that loads TensorFlow as a device process does, says so, and waits to be killed. */
import { runtimeFacts } from '../../lib/tensor/runtime.js';

process.on('disconnect', () => process.exit(0));
process.send!(runtimeFacts());
