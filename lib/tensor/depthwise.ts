import { isNative, nativeBackend } from './native.js';
import { tf } from './runtime.js';

/**
 * Depthwise convolution: x [n, h, w, c], filter [k, k, c, 1] -> [n, h', w', c] float32. Differentiable in both.
 *
 * On maps of at most 2 x 2 pixels, padded to the same size, few taps of a filter ever touch a pixel, and the gradient of the
 * filter is worked out from those alone: libtensorflow's kernel takes 2 to 6 ms per layer even for a single pixel.
 */
export function depthwise(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: 'same' | 'valid'): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (stride !== 1 || padding !== 'same' || height > 2 || width > 2 || !isNative()) return tf.depthwiseConv2d(x, filter, stride, padding);
  const differentiable = tf.customGrad((...inputs) => {
    const save = inputs.at(-1) as tf.GradSaveFunc;
    save([x, filter]);
    return {
      value: tf.depthwiseConv2d(x, filter, 1, 'same'),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
        return [inputGradient(x, filter, dy), filterGradient(x, dy as tf.Tensor4D, filter.shape[0])];
      },
    };
  });
  return differentiable(x, filter) as tf.Tensor4D;
}

/** Tap (i, j) of the filter sees pixel (y + i - k/2, x + j - k/2): beyond h - 1 and w - 1 from the centre it sees padding alone. */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, kernel: number): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const rows = offsets(height).map((i) => {
    const taps = offsets(width).map((j) => {
      const size: [number, number, number, number] = [n, height - Math.abs(i), width - Math.abs(j), channels];
      const seen = tf.slice(x, [0, Math.max(0, i), Math.max(0, j), 0], size);
      const error = tf.slice(dy, [0, Math.max(0, -i), Math.max(0, -j), 0], size);
      return tf.sum(tf.mul(seen, error), [0, 1, 2]); // [c]
    });
    return tf.stack(taps); // [2w - 1, c]
  });
  const centre = tf.reshape(tf.stack(rows), [2 * height - 1, 2 * width - 1, channels, 1]) as tf.Tensor4D;
  const [above, beside] = [(kernel >> 1) - (height - 1), (kernel >> 1) - (width - 1)];
  return tf.pad(centre, [
    [above, above],
    [beside, beside],
    [0, 0],
    [0, 0],
  ]);
}

/** 2 -> [-1, 0, 1]. */
function offsets(size: number): number[] {
  return Array.from({ length: 2 * size - 1 }, (_, i) => i - (size - 1));
}

function inputGradient(x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor): tf.Tensor {
  const backend = nativeBackend();
  const { binding } = backend;
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'strides', type: binding.TF_ATTR_INT, value: [1, 1, 1, 1] },
    { name: 'padding', type: binding.TF_ATTR_STRING, value: 'SAME' },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'dilations', type: binding.TF_ATTR_INT, value: [1, 1, 1, 1] },
  ];
  return backend.executeSingleOutput('DepthwiseConv2dNativeBackpropInput', attributes, [tf.tensor1d(x.shape, 'int32'), filter, dy]);
}
