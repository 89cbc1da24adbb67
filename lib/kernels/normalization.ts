/**
 * Batch and group normalisation in training, on every backend: one fused kernel each way where the
 * wasm kernels are registered, ordinary ops elsewhere.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { HostKernel, KernelTable } from "./kernel_table.ts";

const NORMALIZE = "NormalizeTrain";
const NORMALIZE_GRADIENT = "NormalizeTrainGradient";

/** An activation that clamps, fused with the normalisation that makes its input. */
export type ClampActivation = "none" | "relu" | "relu6";

/** Choices of a normalisation. */
export interface NormalizationOptions {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Applied to the result. Default: none. */
  readonly activation?: ClampActivation;
}

/** What {@linkcode batchNormTrain} gives; the caller owns the tensors. */
export interface NormalizedBatch {
  /** Normalised, of the shape of x. */
  readonly y: tf.Tensor4D;
  /** Mean by channel, `[C]`; no gradient flows through it. */
  readonly mean: tf.Tensor1D;
  /** Biased variance by channel, `[C]`; no gradient flows through it. */
  readonly variance: tf.Tensor1D;
}

const CLAMPS: Readonly<Record<ClampActivation, readonly [number, number]>> = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
};

const ACTIVATIONS: Readonly<Record<ClampActivation, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  none: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
};

/** Moments are per instance and per group: batch norm is one instance with C groups. */
interface Attributes {
  readonly instances: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly activation: ClampActivation;
}

/** Arguments that both kernels share. */
function sizes(x: tf.TensorInfo, { instances, groups }: Attributes): number[] {
  const channels = x.shape.at(-1)!;
  const pixels = tf.util.sizeFromShape(x.shape) / channels / instances;
  return [instances, pixels, channels, groups];
}

const normalize: HostKernel = (host, inputs, attributes: Attributes) => {
  const x = inputs["x"]!;
  const { instances, groups, epsilon, activation } = attributes;
  const y = host.output(x.shape);
  const mean = host.output([instances * groups]), variance = host.output([instances * groups]);
  const scratch = host.scratch(host.kernels.normalizationScratchBytes(x.shape.at(-1)!));
  host.kernels.normalize(
    ...[x, y].map((tensor) => host.pointer(tensor)),
    ...sizes(x, attributes),
    ...[inputs["gamma"]!, inputs["beta"]!].map((tensor) => host.pointer(tensor)),
    epsilon,
    ...CLAMPS[activation],
    ...[mean, variance].map((tensor) => host.pointer(tensor)),
    scratch,
  );
  return [y, mean, variance];
};

const normalizeGradient: HostKernel = (host, inputs, attributes: Attributes) => {
  const x = inputs["x"]!, gamma = inputs["gamma"]!, beta = inputs["beta"]!;
  const dx = host.output(x.shape);
  const dgamma = host.output(gamma.shape), dbeta = host.output(beta.shape);
  const scratch = host.scratch(host.kernels.normalizationScratchBytes(x.shape.at(-1)!));
  host.kernels.normalizeGradient(
    ...[x, inputs["dy"]!, dx].map((tensor) => host.pointer(tensor)),
    ...sizes(x, attributes),
    ...[gamma, beta].map((tensor) => host.pointer(tensor)),
    attributes.epsilon,
    ...CLAMPS[attributes.activation],
    ...[inputs["mean"]!, inputs["variance"]!, dgamma, dbeta].map((t) => host.pointer(t)),
    scratch,
  );
  return [dx, dgamma, dbeta];
};

/** Kernels of this file. */
export const NORMALIZATION: KernelTable = {
  [NORMALIZE]: normalize,
  [NORMALIZE_GRADIENT]: normalizeGradient,
};

tf.registerGradient({
  kernelName: NORMALIZE,
  inputsToSave: ["x", "gamma", "beta"],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [x, gamma, beta, mean, variance] = saved as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const inputs = { x, dy: (dys as tf.Tensor[])[0]!, gamma, beta, mean, variance };
    const [dx, dgamma, dbeta] = tf.engine().runKernel(
      NORMALIZE_GRADIENT,
      inputs,
      attributes,
    ) as tf.Tensor[];
    return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
  },
});

function hasKernels(): boolean {
  return tf.getKernel(NORMALIZE, tf.getBackend()) !== undefined;
}

/**
 * Batch norm in training: normalises with the mean and the biased variance of the batch itself, and
 * the gradient flows through both.
 *
 * @param x `[B, H, W, C]`.
 * @param gamma Scale by channel, `[C]`.
 * @param beta Shift by channel, `[C]`.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { epsilon, activation = "none" }: NormalizationOptions,
): NormalizedBatch {
  if (hasKernels()) {
    const attributes = { instances: 1, groups: x.shape[3], epsilon, activation };
    const [y, mean, variance] = tf.engine().runKernel(
      NORMALIZE,
      { x, gamma, beta },
      attributes,
    ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    return { y, mean, variance };
  }
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]) as Pick<
      NormalizedBatch,
      "mean" | "variance"
    >;
    const y = ACTIVATIONS[activation](tf.batchNorm4d(x, mean, variance, beta, gamma, epsilon));
    return { y, mean, variance };
  });
}

/**
 * Group norm: normalises each image by itself, over groups of neighbouring channels.
 *
 * @param x `[B, H, W, C]`, C a multiple of `groups`.
 * @param gamma Scale by channel, `[C]`.
 * @param beta Shift by channel, `[C]`.
 * @returns `[B, H, W, C]`, owned by the caller.
 */
export function groupNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { groups, epsilon, activation = "none" }: NormalizationOptions & { readonly groups: number },
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (channels % groups !== 0) {
    throw new RangeError(
      `Cannot normalise ${channels} channels in groups: ${groups} groups do not divide them`,
    );
  }
  if (hasKernels()) {
    const attributes = { instances: batch, groups, epsilon, activation };
    const [y, mean, variance] = tf.engine().runKernel(
      NORMALIZE,
      { x, gamma, beta },
      attributes,
    ) as [tf.Tensor4D, tf.Tensor, tf.Tensor];
    mean.dispose();
    variance.dispose();
    return y;
  }
  return tf.tidy(() => {
    const grouped = tf.reshape(x, [batch, height * width, groups, channels / groups]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true);
    const deviation = tf.sqrt(tf.add(variance, epsilon));
    const normal = tf.reshape(tf.div(tf.sub(grouped, mean), deviation), x.shape);
    return ACTIVATIONS[activation](tf.add(tf.mul(normal, gamma), beta));
  });
}
