import { forward } from '../../lib/models/efficientnet.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { compilePureStep, type CompiledStep, type PureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';
import type { Comparison } from '../bench.js';

const BATCHES: readonly { model: string; images: number; size: number; channels: 1 | 3; repeats: number }[] = [
  { model: 'tf_efficientnet_b0', images: 64, size: 32, channels: 3, repeats: 5 },
  { model: 'tf_efficientnet_b0', images: 32, size: 64, channels: 3, repeats: 5 },
  { model: 'tf_efficientnet_b0', images: 4, size: 224, channels: 3, repeats: 5 },
  { model: 'efficientnet_t1', images: 512, size: 28, channels: 1, repeats: 5 },
];

/** A model alone, weights frozen into the graph, against operation by operation. */
export function* labelComparisons(): Iterable<Comparison> {
  for (const { model, images, size, channels, repeats } of BATCHES) {
    const network = outlineNetwork(model, { classes: 10, channels });
    const numbers = initialiseFrom(network, { seed: 1, generation: 0 });
    const weights = Object.fromEntries(network.tensors.map(({ name, shape }) => [name, tf.tensor(numbers[name]!, [...shape], 'float32')]));
    const predict: PureStep = (state, inputs) => ({
      state,
      outputs: { logits: forward(network, weights, inputs['images'] as tf.Tensor4D, { training: false }).logits },
    });
    const [frozen, eager] = [compilePureStep(predict, {}), compilePureStep(predict, {}, { eager: true })];
    const x = tf.randomNormal([images, size, size, channels], 0, 1, 'float32', 1);
    const label = (step: CompiledStep) => () => {
      for (let i = 0; i < repeats; i++) {
        const { logits } = step.run({ images: x });
        logits!.dataSync();
        logits!.dispose();
      }
    };
    yield {
      work: `labels of ${model}, ${images} x ${size} px (x ${repeats})`,
      against: 'the same, eager',
      run: label(frozen),
      runAgainst: label(eager),
      close: () => {
        frozen.dispose();
        eager.dispose();
        tf.dispose([x, ...Object.values(weights)]);
      },
    };
  }
}
