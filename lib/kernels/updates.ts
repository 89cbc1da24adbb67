/**
 * Updates of variables where they lie: one pass over memory and no new tensors.
 *
 * A variable whose data another tensor shares (a clone) gets its own first, so a clone keeps its
 * numbers.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { HostKernel, KernelTable } from "./kernel_table.ts";
import type { KernelName } from "./module.ts";

const MOMENTUM = "MomentumUpdate";
const ADAM = "AdamUpdate";
const AVERAGE = "AverageUpdate";

/** Updates in place; every tensor is float32 and of the shape of the variable. */
export interface InPlaceUpdates {
  /** `v ← momentum · v + g`, `w ← w − rate · v`; with Nesterov `w ← w − rate · (g + momentum · v)`. */
  momentum(
    tensors: { variable: tf.Variable; gradient: tf.Tensor; velocity: tf.Variable },
    options: { momentum: number; rate: number; nesterov: boolean },
  ): void;
  /** `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `w ← w − rate · m / (√v + epsilon)`. */
  adam(
    tensors: { variable: tf.Variable; gradient: tf.Tensor; m: tf.Variable; v: tf.Variable },
    options: { beta1: number; beta2: number; rate: number; epsilon: number },
  ): void;
  /** `w ← keep · w + (1 − keep) · value`. */
  average(tensors: { variable: tf.Variable; value: tf.Tensor }, options: { keep: number }): void;
}

/** A kernel that changes its inputs and gives nothing back. */
function update(kernel: KernelName, tensors: readonly string[], options: readonly string[]) {
  const run: HostKernel = (host, inputs, attributes: Readonly<Record<string, number>>) => {
    const operands = tensors.map((name) => inputs[name]!);
    host.kernels[kernel](
      ...operands.map((tensor) => host.pointer(tensor)),
      tf.util.sizeFromShape(operands[0]!.shape),
      ...options.map((name) => attributes[name]!),
    );
    return [];
  };
  return run;
}

/** Kernels of this file. */
export const UPDATES: KernelTable = {
  [MOMENTUM]: update("updateMomentum", ["variable", "gradient", "velocity"], [
    "momentum",
    "gradientRate",
    "velocityRate",
  ]),
  [ADAM]: update("updateAdam", ["variable", "gradient", "m", "v"], [
    "beta1",
    "beta2",
    "rate",
    "epsilon",
  ]),
  [AVERAGE]: update("updateAverage", ["variable", "value"], ["keep"]),
};

/** Runs an update once every variable has its data to itself. */
function run(
  kernel: string,
  tensors: Readonly<Record<string, tf.Tensor>>,
  options: Readonly<Record<string, number>>,
): void {
  const backend = tf.backend();
  for (const tensor of Object.values(tensors)) {
    if (tensor instanceof tf.Variable && backend.refCount(tensor.dataId) > 1) {
      tf.tidy(() => tensor.assign(tf.add(tensor, 0)));
    }
  }
  tf.engine().runKernel(kernel, { ...tensors }, { ...options });
}

const IN_PLACE: InPlaceUpdates = {
  momentum: (tensors, { momentum, rate, nesterov }) =>
    run(MOMENTUM, tensors, {
      momentum,
      gradientRate: nesterov ? rate : 0,
      velocityRate: nesterov ? rate * momentum : rate,
    }),
  adam: (tensors, options) => run(ADAM, tensors, options),
  average: (tensors, options) => run(AVERAGE, tensors, options),
};

/** Updates in place on the current backend, or undefined where it has no kernels for them. */
export function inPlaceUpdates(): InPlaceUpdates | undefined {
  return tf.getKernel(MOMENTUM, tf.getBackend()) ? IN_PLACE : undefined;
}
