import { toTensorFlow, torchShape } from '../../lib/models/layout.js';
import { elements } from '../../lib/models/outline.js';
import type { Network, TensorOutline } from '../../lib/models/variants.js';

/** A uniform stream in [0, 1) that any language can repeat: mulberry32, seeded with the name's 32-bit FNV-1a. */
export function uniformStream(name: string): () => number {
  let state = fnv1a(name);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function fnv1a(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => Math.imul(hash ^ byte, 16777619) >>> 0, 2166136261);
}

/** The weights that the golden logits were computed with: drawn in PyTorch's order, in TensorFlow's layouts. To be read only. */
export function fillWeights(network: Network): Record<string, Float32Array> {
  return Object.fromEntries(
    network.tensors.map((tensor) => {
      const key = `${tensor.name} ${String(tensor.shape)}`;
      const values = filled.get(key) ?? fillTensor(tensor);
      filled.set(key, values);
      return [tensor.name, values];
    }),
  );
}

/** By name and shape: the networks of one test file have most tensors in common. */
const filled = new Map<string, Float32Array>();

function fillTensor(tensor: TensorOutline): Float32Array {
  const draw = uniformStream(tensor.name);
  const law = fillLaw(tensor.name, torchShape(tensor));
  const values = Float32Array.from({ length: elements(tensor.shape) }, () => law(draw()));
  return toTensorFlow(values, tensor);
}

/** Images [1, height, width, channels] in -1…1, filled in that order. */
export function fillImages(height: number, width: number, channels: number): Float32Array {
  const draw = uniformStream('input');
  return Float32Array.from({ length: height * width * channels }, () => 2 * draw() - 1);
}

function fillLaw(name: string, shape: readonly number[]): (u: number) => number {
  if (shape.length > 1) {
    const bound = Math.sqrt(6 / elements(shape.slice(1)));
    return (u) => (2 * u - 1) * bound;
  }
  return name.endsWith('.running_var') || name.endsWith('.weight') ? (u) => 0.5 + u : (u) => (2 * u - 1) * 0.1;
}
