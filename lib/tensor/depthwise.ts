import { isNative, nativeBackend } from './native.js';
import { tf } from './runtime.js';

/**
 * Depthwise convolution: x [n, h, w, c], filter [k, k, c, 1] -> [n, h', w', c] float32. Differentiable in both.
 *
 * On maps smaller than their filter libtensorflow's gradient of the filter is slow (5 x 5 on 4 x 4 pixels of 672 channels:
 * 19 ms, with the padding written out 5 ms), so there it is worked out in other ways, to the same numbers up to rounding.
 */
export function depthwise(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: 'same' | 'valid'): tf.Tensor4D {
  const [, height, width] = x.shape;
  const [kernel] = filter.shape;
  if (padding !== 'same' || (height >= kernel && width >= kernel) || !isNative()) return tf.depthwiseConv2d(x, filter, stride, padding);
  const differentiable = tf.customGrad((...inputs) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    save([x, filter]);
    return {
      value: tf.depthwiseConv2d(x, filter, stride, 'same'),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
        return [inputGradient(x, filter, dy, stride), filterGradient(x, dy as tf.Tensor4D, kernel, stride)];
      },
    };
  });
  return differentiable(x, filter) as tf.Tensor4D;
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, kernel: number, stride: number): tf.Tensor4D {
  const [, height, width, channels] = x.shape;
  const [rows, columns] = [tapsAlong(height, kernel, stride), tapsAlong(width, kernel, stride)];
  if (rows && columns) return gradientByTaps(x, dy, rows, columns);
  const [[above, below], [left, right]] = [paddingOf(height, kernel, stride), paddingOf(width, kernel, stride)];
  const padded = tf.pad(x, [[0, 0], [above, below], [left, right], [0, 0]]); // prettier-ignore
  const attributes = convolutionAttributes(stride, 'VALID');
  return nativeBackend().executeSingleOutput('DepthwiseConv2dNativeBackpropFilter', attributes, [
    padded,
    tf.tensor1d([kernel, kernel, channels, 1], 'int32'),
    dy,
  ]) as tf.Tensor4D;
}

/** What one row (or column) of a filter sees: `count` rows of the input from `input` on, each for a row of the output from `output` on. */
interface Tap {
  readonly input: number;
  readonly output: number;
  readonly count: number;
}

/** Of each row of the filter; undefined for maps so large that going row by row would be slower, or where a stride leaves gaps. */
function tapsAlong(size: number, kernel: number, stride: number): Tap[] | undefined {
  const outputs = Math.ceil(size / stride);
  if (size > 2 || (stride > 1 && outputs > 1)) return undefined;
  const [before] = paddingOf(size, kernel, stride);
  return Array.from({ length: kernel }, (_, i) => {
    const input = Math.max(0, i - before);
    const output = Math.max(0, before - i);
    return { input, output, count: Math.max(0, Math.min(size - input, outputs - output)) };
  });
}

/** Zero where a tap of the filter sees padding alone; elsewhere the sum over what it sees. */
function gradientByTaps(x: tf.Tensor4D, dy: tf.Tensor4D, rows: readonly Tap[], columns: readonly Tap[]): tf.Tensor4D {
  const [n, , , channels] = x.shape;
  const nothing = tf.zeros([channels]);
  const taps = rows.flatMap((row) =>
    columns.map((column) => {
      if (row.count === 0 || column.count === 0) return nothing;
      const size: [number, number, number, number] = [n, row.count, column.count, channels];
      const seen = tf.slice(x, [0, row.input, column.input, 0], size);
      const error = tf.slice(dy, [0, row.output, column.output, 0], size);
      return tf.sum(tf.mul(seen, error), [0, 1, 2]); // [c]
    }),
  );
  return tf.reshape(tf.stack(taps), [rows.length, columns.length, channels, 1]);
}

/** TensorFlow's rule for "same": what is odd goes behind. */
function paddingOf(size: number, kernel: number, stride: number): [before: number, after: number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  return [total >> 1, total - (total >> 1)];
}

function inputGradient(x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor, stride: number): tf.Tensor {
  return nativeBackend().executeSingleOutput('DepthwiseConv2dNativeBackpropInput', convolutionAttributes(stride, 'SAME'), [
    tf.tensor1d(x.shape, 'int32'),
    filter,
    dy,
  ]);
}

function convolutionAttributes(stride: number, padding: 'SAME' | 'VALID') {
  const { binding } = nativeBackend();
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'strides', type: binding.TF_ATTR_INT, value: [1, stride, stride, 1] },
    { name: 'padding', type: binding.TF_ATTR_STRING, value: padding },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'dilations', type: binding.TF_ATTR_INT, value: [1, 1, 1, 1] },
  ];
}
