/**
 * One stage of a network: `repeats` blocks, of which the first has the stage's stride.
 * `expand` 1 is a depthwise-separable block; above 1 an inverted residual whose middle is `expand` times its input.
 */
export interface Stage {
  readonly repeats: number;
  /** Side of the depthwise kernel, in pixels. */
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly expand: number;
  /** Channels that leave the stage, before scaling. */
  readonly channels: number;
}

export interface Variant {
  /** Channels of the 3x3 stride-2 stem and of the 1x1 head, before scaling. */
  readonly stem: number;
  readonly stages: readonly Stage[];
  readonly head: number;
  /** Multiplies channels and repeats; 1 takes the rows as they stand. */
  readonly width: number;
  readonly depth: number;
  /** Side of the image the variant is meant for, in pixels, and the share of a resized image that the centre crop keeps. */
  readonly size: number;
  readonly crop: number;
  /** Share of head features that the authors drop in training; 0 to 1. A pipeline says its own. */
  readonly dropout: number;
  /** Batch norm: running = momentum * running + (1 - momentum) * batch (Keras's reading of the word). */
  readonly momentum: number;
}

/** How a family pads strided convolutions, and the epsilon of its batch norms. */
export interface Family {
  /** 'same' = TensorFlow's rule, from the input's size; 'symmetric' = the same on both sides, PyTorch's rule. */
  readonly padding: 'same' | 'symmetric';
  readonly epsilon: number;
}
