/**
 * Dense and depthwise 2-D convolution with their gradients, NHWC, as tfjs kernels.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { HostKernel, KernelTable } from "./kernel_table.ts";
import type { KernelName } from "./module.ts";
import type { WasmHost } from "./wasm_host.ts";

type Shape4D = [number, number, number, number];
type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Attributes of tfjs' six kernels; each has those it needs. */
interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly inputShape?: Shape4D;
  readonly filterShape?: Shape4D;
}

/** Dense convolution, or each channel by itself. */
interface Family {
  readonly depthwise: boolean;
  scratchBytes(host: WasmHost, info: Conv2DInfo): number;
}

const dense: Family = {
  depthwise: false,
  scratchBytes: ({ kernels }, { filterHeight, filterWidth, inChannels, outChannels }) =>
    kernels.convolutionScratchBytes(filterHeight, filterWidth, inChannels, outChannels),
};

const depthwise: Family = {
  depthwise: true,
  scratchBytes: (
    { kernels },
    { inWidth, outWidth, inChannels, filterHeight, filterWidth, strideWidth },
  ) =>
    kernels.depthwiseScratchBytes(
      inWidth,
      outWidth,
      inChannels,
      filterHeight,
      filterWidth,
      strideWidth,
    ),
};

/** Sizes of a convolution, or undefined for those that the kernels do not do. */
function describe(
  { depthwise }: Family,
  x: Shape4D,
  filter: Shape4D,
  { strides, pad, dilations, dimRoundingMode, dataFormat }: Attributes,
): Conv2DInfo | undefined {
  if (dataFormat === "NCHW" || (depthwise && filter[3] !== 1)) return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return info.dilationHeight === 1 && info.dilationWidth === 1 ? info : undefined;
}

/** The sizes in the order of `assembly/convolution.ts` and `assembly/depthwise.ts`. */
function sizes({ depthwise }: Family, info: Conv2DInfo): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
    ...(depthwise ? [] : [info.outChannels]),
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.padInfo.top, info.padInfo.left, info.outHeight, info.outWidth],
  ];
}

/** A kernel that makes a third of {x, filter, dy} (`result` names its shape) from two of them. */
function convolution(
  family: Family,
  kernel: KernelName,
  operands: readonly [string, string],
  result: "outShape" | "inShape" | "filterShape",
): HostKernel {
  return (host, inputs, attributes: Attributes) => {
    const x = inputs["x"]?.shape ?? attributes.inputShape!;
    const filter = inputs["filter"]?.shape ?? attributes.filterShape!;
    const info = describe(family, x as Shape4D, filter as Shape4D, attributes);
    if (!info) return undefined;
    const output = host.output(info[result]);
    const scratch = host.scratch(family.scratchBytes(host, info));
    host.kernels[kernel](
      ...operands.map((name) => host.pointer(inputs[name]!)),
      host.pointer(output),
      ...sizes(family, info),
      scratch,
    );
    return output;
  };
}

/** tfjs' convolution kernels. */
export const CONVOLUTION: KernelTable = {
  Conv2D: convolution(dense, "convolve", ["x", "filter"], "outShape"),
  Conv2DBackpropInput: convolution(
    dense,
    "convolveInputGradient",
    ["dy", "filter"],
    "inShape",
  ),
  Conv2DBackpropFilter: convolution(
    dense,
    "convolveFilterGradient",
    ["x", "dy"],
    "filterShape",
  ),
  DepthwiseConv2dNative: convolution(depthwise, "depthwise", ["x", "filter"], "outShape"),
  DepthwiseConv2dNativeBackpropInput: convolution(
    depthwise,
    "depthwiseInputGradient",
    ["dy", "filter"],
    "inShape",
  ),
  DepthwiseConv2dNativeBackpropFilter: convolution(
    depthwise,
    "depthwiseFilterGradient",
    ["x", "dy"],
    "filterShape",
  ),
};
