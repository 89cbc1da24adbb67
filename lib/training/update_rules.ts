/**
 * How one variable moves along its gradient: by a kernel that changes it in place where the device has
 * one, else by tfjs ops.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { inPlaceUpdates } from "../kernels/updates.ts";

/** One variable, its gradient, and what the optimizer remembers about it. */
export interface Update {
  /** Is moved. */
  readonly variable: tf.Variable;
  /** Gradient of the loss, of the variable's shape; not changed, not disposed. */
  readonly gradient: tf.Tensor;
  /** What is remembered from step to step, of the variable's shape; changed. */
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** The learning rate of this step. */
  readonly rate: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/** An optimizer as far as one variable is concerned. */
export interface UpdateRule {
  /** What it remembers about each variable; all start at zero. */
  readonly slots: readonly string[];
  /** Makes one step. Run it in a `tf.tidy`. */
  update(update: Update): void;
}

/** Stochastic gradient descent; plain data. */
export interface SgdOptions {
  /** How much of the last movement goes on, in [0, 1). */
  readonly momentum: number;
  /** Whether to look ahead along the movement. */
  readonly nesterov: boolean;
}

/**
 * `v ← m·v + g`, `w ← w − rate · v`; with Nesterov `w ← w − rate · (g + m·v)`.
 *
 * The form of PyTorch and of `tf.train.momentum`. Keras' `v ← m·v − rate·g`, `w ← w + v` makes the
 * same steps while the rate stays as it is; after a change of rate it carries the old one on in `v`.
 */
export function sgd({ momentum, nesterov }: SgdOptions): UpdateRule {
  if (momentum === 0) {
    return {
      slots: [],
      update: ({ variable, gradient, rate }) =>
        variable.assign(tf.sub(variable, tf.mul(gradient, rate))),
    };
  }
  return {
    slots: ["momentum"],
    update({ variable, gradient, slots, rate }) {
      const velocity = slots["momentum"]!;
      const inPlace = inPlaceUpdates();
      if (inPlace) {
        return inPlace.momentum({ variable, gradient, velocity }, { momentum, rate, nesterov });
      }
      velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
      const movement = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      variable.assign(tf.sub(variable, tf.mul(movement, rate)));
    },
  };
}

/** Adam; plain data. */
export interface AdamOptions {
  /** Memory of the mean of the gradient, in [0, 1). */
  readonly beta1: number;
  /** Memory of the mean of its square, in [0, 1). */
  readonly beta2: number;
  /** Added to the divisor. */
  readonly epsilon: number;
}

/**
 * `m ← β₁·m + (1 − β₁)·g`, `v ← β₂·v + (1 − β₂)·g²`, `w ← w − rate · m̂ / (√v̂ + ε)` with
 * `m̂ = m / (1 − β₁ᵗ)`, `v̂ = v / (1 − β₂ᵗ)`.
 *
 * Reference: Kingma and Ba, "Adam: a method for stochastic optimization" (arXiv 1412.6980),
 * algorithm 1. The corrections are worked into the two scalars, so they cost no tensor operation.
 */
export function adam({ beta1, beta2, epsilon }: AdamOptions): UpdateRule {
  return {
    slots: ["m", "v"],
    update({ variable, gradient, slots, rate, step }) {
      const m = slots["m"]!, v = slots["v"]!;
      const correction = Math.sqrt(1 - beta2 ** step);
      const stepRate = rate * correction / (1 - beta1 ** step);
      const scaledEpsilon = epsilon * correction;
      const inPlace = inPlaceUpdates();
      if (inPlace) {
        const options = { beta1, beta2, rate: stepRate, epsilon: scaledEpsilon };
        return inPlace.adam({ variable, gradient, m, v }, options);
      }
      m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
      v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const divisor = tf.add(tf.sqrt(v), scaledEpsilon);
      variable.assign(tf.sub(variable, tf.mul(tf.div(m, divisor), stepRate)));
    },
  };
}
