import { inLanes } from '../../lib/evaluation/lanes.js';
import { forward, tensorsFrom, type Mode } from '../../lib/models/efficientnet.js';
import { foldNorms } from '../../lib/models/fold-norms.js';
import { initialiseFrom } from '../../lib/models/initialise.js';
import { outlineNetwork } from '../../lib/models/variants.js';
import { compilePureStep } from '../../lib/tensor/compile.js';
import { tf } from '../../lib/tensor/runtime.js';
import { againstEager, type Contest } from './measure.js';

export interface LabelSize {
  readonly model: string;
  readonly images: number;
  readonly size: number;
  readonly channels: 1 | 3;
  /** Batches per round. */
  readonly repeats: number;
}

export const B0_LABELS: readonly LabelSize[] = [
  { model: 'tf_efficientnet_b0', images: 64, size: 32, channels: 3, repeats: 5 },
  { model: 'tf_efficientnet_b0', images: 32, size: 64, channels: 3, repeats: 5 },
  { model: 'tf_efficientnet_b0', images: 4, size: 224, channels: 3, repeats: 5 },
];

export const T1_LABELS: LabelSize = { model: 'efficientnet_t1', images: 512, size: 28, channels: 1, repeats: 5 };

/** A model alone, frozen with its batch norms folded, against the plain network operation by operation. */
export const frozenAgainstEager = (): Iterable<Contest> => againstEager([...B0_LABELS, T1_LABELS], startLabels);

export function startLabels({ model, images, size, channels, repeats }: LabelSize, { eager }: { eager: boolean }) {
  const network = outlineNetwork(model, { classes: 10, channels });
  const numbers = initialiseFrom(network, { seed: 1, generation: 0 });
  const mode: Mode = { training: false, folded: !eager };
  const tensors = tensorsFrom(network, eager ? numbers : foldNorms(network, numbers));
  const label = (images: tf.Tensor4D) => forward(network, tensors, images, mode).logits;
  const predict = compilePureStep(
    (state, { images }) => ({ state, outputs: { logits: eager ? label(images as tf.Tensor4D) : inLanes(images as tf.Tensor4D, label) } }),
    {},
    { eager },
  );
  const x = tf.randomNormal([images, size, size, channels], 0, 1, 'float32', 1);
  return {
    work: `labels of ${model}, ${images} x ${size} px (x ${repeats})`,
    run() {
      for (let i = 0; i < repeats; i++) {
        const { logits } = predict.run({ images: x });
        logits!.dataSync();
        logits!.dispose();
      }
    },
    close() {
      predict.dispose();
      tf.dispose([x, ...Object.values(tensors)]);
    },
  };
}
