/**
 * How tfjs computes each operation of a graph. Everything is built from ops whose gradients are
 * right on every backend, so the same table serves inference and training.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { FoldedConv } from "../graph/folding.ts";
import type { AnyNode, OpAttributes, OpName, Padding } from "../graph/graph.ts";
import { batchNormTrain, type ClampActivation, groupNorm } from "../kernels/normalization.ts";
import { deformConv } from "../ops/deform_conv.ts";
import { resize } from "../ops/resize.ts";

/** What an operation may use while it is computed. */
export interface OpContext {
  /** A weight of the node, by role. */
  weight(role: string): tf.Tensor;
  /**
   * In training, batch norm reports the batch's mean and variance `[C]` here and normalises with
   * them; absent at inference, when it uses the moving averages.
   */
  readonly onBatchStatistics?: (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;
  /** In training, an activation that batch norm applies in the same pass; see `fusion.ts`. */
  readonly activation?: ClampActivation;
}

type TfOp<Op extends OpName> = (
  inputs: readonly tf.Tensor4D[],
  attributes: OpAttributes[Op],
  context: OpContext,
) => tf.Tensor4D;

const unary = (compute: (x: tf.Tensor4D) => tf.Tensor4D) => ([x]: readonly tf.Tensor4D[]) =>
  compute(x!);

const CHANNEL_AXIS = 3;

const TF_OPS: { readonly [Op in OpName]: TfOp<Op> } = {
  input: () => {
    throw new TypeError(`Cannot compute op "input": its value is given`);
  },
  conv: ([x], { kernel, stride, padding, bias }, { weight }) => {
    const [padded, mode] = pad(x!, { kernel, stride, padding });
    const y = tf.conv2d(padded, weight("kernel") as tf.Tensor4D, stride, mode);
    return bias ? tf.add(y, weight("bias")) : y;
  },
  depthwiseConv: ([x], { kernel, stride, padding }, { weight }) => {
    const [padded, mode] = pad(x!, { kernel, stride, padding });
    return tf.depthwiseConv2d(padded, weight("depthwise_kernel") as tf.Tensor4D, stride, mode);
  },
  deformConv: ([x, offsets], { stride, padding, bias }, { weight }) => {
    const kernel = weight("kernel") as tf.Tensor4D;
    const start = windowStart(x!, kernel, stride, padding);
    const y = deformConv(x!, offsets!, kernel, { stride, padding: start });
    return bias ? tf.add(y, weight("bias")) : y;
  },
  maxPool: ([x], { kernel, stride, padding }) =>
    tf.maxPool(x!, kernel, stride, explicitPadding(padding)),
  batchNorm: ([x], { epsilon }, { weight, onBatchStatistics, activation = "none" }) => {
    const beta = weight("beta") as tf.Tensor1D, gamma = weight("gamma") as tf.Tensor1D;
    if (onBatchStatistics) {
      const { y, mean, variance } = batchNormTrain(x!, gamma, beta, {
        epsilon,
        activation,
      });
      onBatchStatistics(mean, variance);
      return y;
    }
    const mean = weight("moving_mean") as tf.Tensor1D;
    const variance = weight("moving_variance") as tf.Tensor1D;
    return tf.batchNorm4d(x!, mean, variance, beta, gamma, epsilon);
  },
  groupNorm: ([x], { groups, epsilon }, { weight }) => {
    const gamma = weight("gamma") as tf.Tensor1D, beta = weight("beta") as tf.Tensor1D;
    return groupNorm(x!, gamma, beta, { groups, epsilon });
  },
  relu: unary((x) => tf.relu(x)),
  relu6: unary((x) => tf.relu6(x)),
  sigmoid: unary((x) => tf.sigmoid(x)),
  add: ([a, b]) => tf.add(a!, b!),
  concat: (inputs) => tf.concat4d([...inputs], CHANNEL_AXIS),
  upsample: ([x], { factor }) => repeatPixels(x!, factor),
  resizeLike: ([x, like], { method }) => resize(x!, [like!.shape[1], like!.shape[2]], method),
};

/** The padded image and what is left for tfjs to pad. */
function pad(
  x: tf.Tensor4D,
  { kernel, stride, padding }: Pick<OpAttributes["depthwiseConv"], "kernel" | "stride" | "padding">,
): [tf.Tensor4D, "same" | "valid"] {
  if (padding === "same") return [x, "same"];
  // Written out or not, at stride 1 it is the same, and tfjs need not copy the image.
  if (stride === 1 && padding.every((side) => side === (kernel - 1) / 2)) return [x, "same"];
  const [top, bottom, left, right] = padding;
  if (top + bottom + left + right === 0) return [x, "valid"];
  return [tf.pad4d(x, [[0, 0], [top, bottom], [left, right], [0, 0]]), "valid"];
}

/** Padding as tfjs' pooling takes it. */
function explicitPadding(padding: Padding) {
  if (padding === "same") return padding;
  const [top, bottom, left, right] = padding;
  return [[0, 0], [top, bottom], [left, right], [0, 0]] as [
    [number, number],
    [number, number],
    [number, number],
    [number, number],
  ];
}

/** Rows above and columns left of the image at which a window starts. */
function windowStart(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  stride: number,
  padding: Padding,
): [top: number, left: number] {
  if (padding !== "same") return [padding[0], padding[2]];
  const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, kernel.shape, stride, 1, padding);
  return [padInfo.top, padInfo.left];
}

// Not resizeNearestNeighbor: its gradient is wrong on the cpu backend for batches of two or more.
function repeatPixels(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const rows = tf.tile(tf.reshape(x, [batch * height, 1, width * channels]), [1, factor, 1]);
  const pixels = tf.tile(tf.reshape(rows, [-1, 1, channels]), [1, factor, 1]);
  return tf.reshape(pixels, [batch, height * factor, width * factor, channels]);
}

/**
 * Computes one node.
 *
 * @param inputs Activations it reads, `[B, H, W, C]`.
 * @returns Its activation `[B, H, W, C]`, owned by the caller.
 */
export function computeNode(
  node: AnyNode,
  inputs: readonly tf.Tensor4D[],
  context: OpContext,
): tf.Tensor4D {
  return (TF_OPS[node.op] as TfOp<OpName>)(inputs, node.attributes, context);
}

/**
 * Computes a convolution along with the batch norm and the activation after it.
 *
 * @param weights The folded kernel and bias.
 * @returns Its activation `[B, H, W, C]`, owned by the caller.
 */
export function computeFolded(
  { conv, activation }: FoldedConv,
  x: tf.Tensor4D,
  { kernel, bias }: { kernel: tf.Tensor4D; bias: tf.Tensor1D },
): tf.Tensor4D {
  const { stride } = conv.attributes;
  const [padded, mode] = pad(x, conv.attributes);
  const compute = conv.op === "conv" ? tf.fused.conv2d : tf.fused.depthwiseConv2d;
  return compute({
    x: padded,
    filter: kernel,
    strides: stride,
    pad: mode,
    bias,
    activation: activation?.op ?? "linear",
  });
}
