import type { Network } from '../models/outline.js';
import type { OptimiserSpec } from '../spec/resolved.js';
import { assignInPlace, updateInPlace } from '../tensor/in-place.js';
import { tf } from '../tensor/runtime.js';
import type { Tensors } from './state.js';

/** Scalars that change from step to step. They are inputs of the step, so that a compiled step does not bake them in. */
export type Scalars = Readonly<Record<string, tf.Scalar>>;

/** A pair of pure functions: the state of an optimiser is the `slots` that go in and come out. Its rule is elementwise. */
export interface Optimiser {
  /** The slots before the first step, named `<slot>.<weight>`, each of its weight's shape, float32. */
  initialSlots(weights: Tensors): Record<string, tf.Tensor>;
  /** The scalars that this optimiser's update needs beside `rate`, for step `step` (0-based). */
  scalarsAt(step: number): Record<string, number>;
  /** One step. Weights, gradients and slots have the same names; nothing given is changed or disposed. */
  update(weights: Tensors, gradients: Tensors, slots: Tensors, scalars: Scalars): { weights: Record<string, tf.Tensor>; slots: Record<string, tf.Tensor> };
}

/** The rule for one weight; `slots` are in the order of `initial`. */
interface Rule {
  /** Slot name → the number it is filled with at first. */
  readonly initial: Readonly<Record<string, number>>;
  scalarsAt(step: number): Record<string, number>;
  /** `decay` is the weight decay that holds for this weight. */
  apply(weight: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[], scalars: Scalars, decay: number): { weight: tf.Tensor; slots: tf.Tensor[] };
}

/** Tells the network's weights of rank above 1, for which weight decay holds, from its vectors. */
export function decaysIn({ tensors }: Network): (weight: string) => boolean {
  const names = new Set(tensors.flatMap(({ name, decays }) => (decays ? [name] : [])));
  return (weight) => names.has(weight);
}

/** Weight decay holds for the weights that `decays` names. */
export function optimiserOf(spec: OptimiserSpec, decays: (weight: string) => boolean): Optimiser {
  const rule = spec.name === 'adamw' ? adamW(spec) : rmsProp(spec);
  const slotNames = Object.keys(rule.initial);
  return {
    initialSlots: (weights) =>
      Object.fromEntries(
        Object.entries(weights).flatMap(([name, weight]) => slotNames.map((slot) => [`${slot}.${name}`, tf.fill(weight.shape, rule.initial[slot]!)])),
      ),
    scalarsAt: rule.scalarsAt,
    update(weights, gradients, slots, scalars) {
      const next = { weights: {} as Record<string, tf.Tensor>, slots: {} as Record<string, tf.Tensor> };
      for (const [name, weight] of Object.entries(weights)) {
        const own = slotNames.map((slot) => slots[`${slot}.${name}`]!);
        const decay = decays(name) ? spec.weightDecay : 0;
        const updated = rule.apply(weight, gradients[name]!, own, scalars, decay);
        next.weights[name] = updated.weight;
        for (const [i, slot] of slotNames.entries()) next.slots[`${slot}.${name}`] = updated.slots[i]!;
      }
      return next;
    },
  };
}

/**
 * AdamW (Loshchilov & Hutter 2019) as PyTorch computes it: the decay is decoupled and scaled by the rate
 * (w ← w − rate · decay · w, before the step), epsilon is added outside the root of the corrected second moment.
 * Keras adds epsilon before the correction; for epsilon 1e-7 the two differ in the first steps only.
 */
function adamW({ beta1, beta2, epsilon }: Extract<OptimiserSpec, { name: 'adamw' }>): Rule {
  return {
    initial: { first: 0, second: 0 },
    // In float64 here: 1 − 0.999 ** 1 has lost four digits in float32.
    scalarsAt: (step) => ({ firstCorrection: 1 - beta1 ** (step + 1), secondCorrection: Math.sqrt(1 - beta2 ** (step + 1)) }),
    apply(weight, gradient, [first, second], { rate, firstCorrection, secondCorrection }, decay) {
      const decayed = decay === 0 ? weight : assignInPlace(weight, tf.mul(weight, tf.sub(1, tf.mul(rate!, decay))));
      // With both corrections in the rate and in epsilon, TensorFlow's Adam adds epsilon where PyTorch does.
      const corrected = tf.mul(tf.div(rate!, firstCorrection!), secondCorrection!);
      const tensors = updateInPlace({
        operation: 'ResourceApplyAdam',
        variables: [decayed, first!, second!],
        operands: [tf.scalar(0), tf.scalar(0), corrected, tf.scalar(beta1), tf.scalar(beta2), tf.mul(secondCorrection!, epsilon), gradient],
        otherwise() {
          const nextFirst = tf.add(tf.mul(first!, beta1), tf.mul(gradient, 1 - beta1));
          const nextSecond = tf.add(tf.mul(second!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
          const root = tf.add(tf.sqrt(nextSecond), tf.mul(secondCorrection!, epsilon));
          return [tf.sub(decayed, tf.mul(corrected, tf.div(nextFirst, root))), nextFirst, nextSecond];
        },
      });
      return { weight: tensors[0]!, slots: tensors.slice(1) };
    },
  };
}

/**
 * RMSProp as TensorFlow 1 (and timm's `rmsproptf`) computes it, which the EfficientNet and Noisy Student papers
 * trained with: the mean square starts at 1 (PyTorch and TF.js: 0), epsilon is inside the root (PyTorch: outside),
 * the rate is folded into the momentum buffer (PyTorch applies it after), and the decay is coupled: it is added to
 * the gradient and goes through the normalisation.
 */
function rmsProp({ decay: squareDecay, momentum, epsilon }: Extract<OptimiserSpec, { name: 'rmsprop' }>): Rule {
  return {
    initial: { square: 1, momentum: 0 },
    scalarsAt: () => ({}),
    apply(weight, gradient, [square, buffer], { rate }, decay) {
      const full = decay === 0 ? gradient : tf.add(gradient, tf.mul(weight, decay));
      const tensors = updateInPlace({
        operation: 'ResourceApplyRMSProp',
        variables: [weight, square!, buffer!],
        operands: [rate!, tf.scalar(squareDecay), tf.scalar(momentum), tf.scalar(epsilon), full],
        otherwise() {
          const nextSquare = tf.add(tf.mul(square!, squareDecay), tf.mul(tf.square(full), 1 - squareDecay));
          const change = tf.div(tf.mul(full, rate!), tf.sqrt(tf.add(nextSquare, epsilon)));
          const nextBuffer = tf.add(tf.mul(buffer!, momentum), change);
          return [tf.sub(weight, nextBuffer), nextSquare, nextBuffer];
        },
      });
      return { weight: tensors[0]!, slots: tensors.slice(1) };
    },
  };
}
