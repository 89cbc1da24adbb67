/**
 * The gradient of max pooling. tfjs' own is wrong on wasm where a window's largest value is negative.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { KernelTable } from "./kernel_table.ts";

type Pool2DArguments = Parameters<typeof tf.backend_util.computePool2DInfo>;

interface Attributes {
  readonly filterSize: Pool2DArguments[1];
  readonly strides: Pool2DArguments[2];
  readonly pad: Pool2DArguments[4];
  readonly dimRoundingMode?: Pool2DArguments[5];
}

/** Kernels of this file. */
export const POOLING: KernelTable = {
  MaxPoolGrad: (host, inputs, attributes: Attributes) => {
    const x = inputs["input"]!, dy = inputs["dy"]!;
    const { filterSize, strides, pad, dimRoundingMode } = attributes;
    const info = tf.backend_util.computePool2DInfo(
      x.shape as Pool2DArguments[0],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const dx = host.output(x.shape);
    host.kernels.maxPoolGradient(
      ...[x, dy, dx].map((tensor) => host.pointer(tensor)),
      ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
      ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
      ...[info.padInfo.top, info.padInfo.left, info.outHeight, info.outWidth],
    );
    return dx;
  },
};
