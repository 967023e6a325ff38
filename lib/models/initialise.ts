import { normals, randomKey, uniforms } from '../noise/random.js';
import { elements, type Network } from './outline.js';

/** [count] float32 that belong to the tensor of that name. */
export type Draw = (tensor: string, count: number) => Float32Array;

/**
 * A fresh network, float32 by timm's name in TensorFlow's layouts: convolutions normal over their outputs, the classifier
 * uniform within 1/sqrt(classes), biases and running means 0, scales and running variances 1 (timm and Google's code).
 * `normal` draws of mean 0 and deviation 1, `uniform` in [0, 1).
 */
export function initialise(network: Network, normal: Draw, uniform: Draw): Record<string, Float32Array> {
  return Object.fromEntries(
    network.tensors.map(({ name, shape, init }) => {
      const count = elements(shape);
      switch (init.law) {
        case 'constant':
          return [name, new Float32Array(count).fill(init.value)];
        case 'normal':
          return [name, normal(name, count).map((draw) => draw * init.deviation)];
        case 'uniform':
          return [name, uniform(name, count).map((draw) => (2 * draw - 1) * init.bound)];
      }
    }),
  );
}

/** `initialise` from a seed. Every tensor has a key of its own, so its numbers do not depend on the tensors before it. */
export function initialiseFrom(network: Network, { seed, generation }: { seed: number; generation: number }): Record<string, Float32Array> {
  const key = (tensor: string) => randomKey({ seed, generation, phase: 'train', purpose: `initialise ${tensor}` });
  return initialise(
    network,
    (tensor, count) => normals(key(tensor), count),
    (tensor, count) => uniforms(key(tensor), 0, count),
  );
}
