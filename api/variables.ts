import { PipelineError } from '../lib/errors.js';
import { initialiseFrom } from '../lib/models/initialise.js';
import type { Network, TensorOutline } from '../lib/models/variants.js';
import { eachWeight } from '../lib/models/weights.js';
import { isNative, nativeBackend } from '../lib/tensor/native.js';
import { tf } from '../lib/tensor/runtime.js';

/** float32 by timm's name, in TensorFlow's layouts; running statistics are not trainable. */
export type Variables = Record<string, tf.Variable>;

/**
 * The variables of a network: from the folder of its weights, if there is one, read tensor by tensor straight into TensorFlow's memory;
 * whatever that does not give is drawn by the seed. The caller owns them.
 */
export async function loadVariables(
  network: Network,
  { folder, seed }: { readonly folder: string | null; readonly seed: number },
): Promise<{ readonly tensors: Variables; readonly adapted: readonly string[] }> {
  const tensors: Variables = {};
  const take = (outline: TensorOutline, values: Float32Array): void => {
    tensors[outline.name] = variable(outline, values);
  };
  try {
    const adapted = folder === null ? [] : (await eachWeight(folder, network, take)).adapted;
    Object.assign(tensors, freshVariables({ ...network, tensors: network.tensors.filter(({ name }) => !tensors[name]) }, seed));
    return { tensors, adapted };
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    throw error;
  }
}

/** Throws MODEL_INVALID for a model that was disposed. */
export function checkAlive(name: string, tensors: Variables): void {
  if (!Object.values(tensors).some(({ isDisposed }) => isDisposed)) return;
  throw new PipelineError('MODEL_INVALID', `this ${name} was disposed and has no weights any more · createModel gives another`);
}

/** One tensor at a time, so that memory holds the network once. */
export function freshVariables(network: Network, seed: number): Variables {
  return Object.fromEntries(
    network.tensors.map((outline) => {
      const drawn = initialiseFrom({ ...network, tensors: [outline] }, { seed, generation: 0 });
      return [outline.name, variable(outline, drawn[outline.name]!)];
    }),
  );
}

function variable({ shape, kind }: TensorOutline, values: Float32Array): tf.Variable {
  return tf.tidy(() => {
    const tensor = tf.tensor(values, [...shape], 'float32');
    // TensorFlow.js hands numbers over at the first use, and holds them in JavaScript until then.
    if (isNative()) nativeBackend().getInputTensorIds([tensor]);
    return tf.variable(tensor, kind === 'weight');
  });
}
