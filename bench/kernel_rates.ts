/**
 * Rates of the convolution kernels on one core, layer by layer.
 *
 * @module
 */
import { tf } from "../lib/deps/tfjs.ts";

/** Input side, input channels, output channels, filter side, stride: layers of the network. */
const DENSE = [
  [224, 3, 16, 3, 2],
  [112, 8, 48, 1, 1],
  [56, 48, 8, 1, 1],
  [28, 16, 96, 1, 1],
  [14, 144, 24, 1, 1],
  [7, 336, 112, 1, 1],
  [7, 112, 1280, 1, 1],
  [40, 64, 64, 3, 1],
] as const;

/** Input side, channels, stride. */
const DEPTHWISE = [[112, 16, 1], [112, 48, 2], [56, 48, 1], [14, 192, 1], [7, 336, 1]] as const;

/** Milliseconds of the fastest of a few runs. */
function fastest(run: () => tf.Tensor): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    run().dispose();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** Forward, input gradient and filter gradient of one layer, in GFLOP/s. */
function rates(
  batch: number,
  [size, channels, out, side, stride]: readonly [number, number, number, number, number],
  depthwise: boolean,
): string {
  return tf.tidy(() => {
    const x = tf.randomUniform<tf.Rank.R4>([batch, size, size, channels]);
    const filter = tf.randomUniform<tf.Rank.R4>([side, side, channels, out]);
    const y = depthwise
      ? tf.depthwiseConv2d(x, filter, stride, "same")
      : tf.conv2d(x, filter, stride, "same");
    const name = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
    const attributes = {
      ...{ strides: stride, pad: "same", dataFormat: "NHWC", dilations: [1, 1] },
      ...{ inputShape: x.shape, filterShape: filter.shape },
    };
    const kernels = {
      [name]: { x, filter },
      [`${name}BackpropInput`]: { dy: y, filter },
      [`${name}BackpropFilter`]: { x, dy: y },
    };
    const megaFlops = 2 * y.size * side ** 2 * (depthwise ? 1 : channels) / 1e6;
    return Object.entries(kernels).map(([kernel, inputs]) => {
      const ms = fastest(() => tf.engine().runKernel(kernel, inputs, attributes) as tf.Tensor);
      return `${(megaFlops / ms).toFixed(1)}`.padStart(8);
    }).join("");
  });
}

/** One line a layer: GFLOP/s of forward, input gradient and filter gradient. */
export function kernelRates(batch: number): string[] {
  const dense = DENSE.map((layer) => {
    const [size, channels, out, side, stride] = layer;
    const name = `${side}×${side}/${stride} ${channels}→${out} at ${size}²`;
    return name.padEnd(28) + rates(batch, layer, false);
  });
  const depthwise = DEPTHWISE.map(([size, channels, stride]) => {
    const name = `depthwise 3×3/${stride} ${channels} at ${size}²`;
    return name.padEnd(28) + rates(batch, [size, channels, 1, 3, stride], true);
  });
  return ["GFLOP/s                      forward   input  filter", ...dense, ...depthwise];
}
