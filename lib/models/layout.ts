import type { TensorOutline } from './outline.js';

/**
 * TensorFlow's axes in PyTorch's order: a PyTorch axis i is the TensorFlow axis order[i].
 * HWIO -> OIHW (convolution), HWCM -> CMHW (depthwise), IO -> OI (classifier), vectors as they are.
 */
const TORCH_AXES = {
  HWIO: [3, 2, 0, 1],
  HWCM: [2, 3, 0, 1],
  IO: [1, 0],
  vector: [0],
} as const satisfies Record<TensorOutline['layout'], readonly number[]>;

/** The tensor's shape as PyTorch and timm have it. */
export function torchShape({ shape, layout }: Pick<TensorOutline, 'shape' | 'layout'>): number[] {
  return TORCH_AXES[layout].map((axis) => shape[axis]!);
}

/** Row-major values in TensorFlow's layout -> the same numbers in PyTorch's. Vectors are returned as they are, not copied. */
export function toTorch(values: Float32Array, { shape, layout }: Pick<TensorOutline, 'shape' | 'layout'>): Float32Array {
  return permute(values, shape, TORCH_AXES[layout]);
}

/** The inverse of `toTorch`; `shape` and `layout` are TensorFlow's. */
export function toTensorFlow(values: Float32Array, tensor: Pick<TensorOutline, 'shape' | 'layout'>): Float32Array {
  const axes: readonly number[] = TORCH_AXES[tensor.layout];
  return permute(
    values,
    torchShape(tensor),
    axes.map((_, axis) => axes.indexOf(axis)),
  );
}

/** Axis i of the result is axis order[i] of the source. */
function permute(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  if (order.length === 1) return values;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  // Two leading axes are filled up, so that one loop serves every rank.
  const sides = [1, 1, 1, ...order.map((axis) => shape[axis]!)].slice(-4) as [number, number, number, number];
  const steps = [0, 0, 0, ...order.map((axis) => strides[axis]!)].slice(-4) as [number, number, number, number];
  const out = new Float32Array(values.length);
  let at = 0;
  for (let a = 0; a < sides[0]; a++) {
    for (let b = 0; b < sides[1]; b++) {
      for (let c = 0; c < sides[2]; c++) {
        let from = a * steps[0] + b * steps[1] + c * steps[2];
        for (let d = 0; d < sides[3]; d++, from += steps[3]) out[at++] = values[from]!;
      }
    }
  }
  return out;
}
