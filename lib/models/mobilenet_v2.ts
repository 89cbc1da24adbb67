/**
 * MobileNetV2 without its classifier, layer by layer as in Keras: the same names, the same weights.
 * Expects RGB as x / 127.5 − 1.
 *
 * Reference: Sandler et al. 2018, arXiv 1801.04381, table 2; keras `applications/mobilenet_v2.py`
 * (names, channel rounding, batch norm constants).
 *
 * @module
 */
import type { GraphBuilder } from "../graph/builder.ts";

/** Widths with ImageNet weights in Keras that this project uses. */
export const ALPHAS = [0.35, 0.5, 0.75, 1.0] as const;

/** Width of the network: every number of channels is multiplied by it. */
export type Alpha = typeof ALPHAS[number];

/**
 * Keras' epsilon. NOTE: Keras' momentum is 0.999; here an epoch has a hundred steps, not ten
 * thousand, and the averages would trail the weights by epochs.
 */
const BATCH_NORM = { epsilon: 1e-3, momentum: 0.99 } as const;

/** Expansion factor, channels, repetitions and stride of the first repetition (paper, table 2). */
const STAGES: readonly (readonly [number, number, number, number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/** The first block that works at stride 4 alone. */
const REST = 2;

/** Channels rounded to a multiple of 8, never more than 10 % down (Keras' `_make_divisible`). */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/**
 * Adds the network, up to `block_16_project_BN`.
 *
 * @param image Name of the node with the normalised photo.
 * @param options.rest Name of the part that begins at stride 4, after which a photo's edges and
 * colours are found; what comes before belongs to the builder's current part. Default: all does.
 * @param options.blocks Leaves out those from this one on. Default: there are 17.
 * @returns Names of the last nodes of each size, after the first two: strides 4, 8, 16 and 32; the
 * last one has 320 · alpha channels.
 */
export function addMobileNetV2(
  builder: GraphBuilder,
  image: string,
  alpha: Alpha,
  { rest, blocks = 17 }: { rest?: string; blocks?: number } = {},
): string[] {
  const stem = builder.add("conv", "Conv1", [image], {
    kernel: 3,
    filters: roundChannels(32 * alpha),
    stride: 2,
    padding: "same",
    bias: false,
  });
  let x = builder.add("relu6", "Conv1_relu", [normalize(builder, "bn_Conv1", stem)], {});
  let channels = roundChannels(32 * alpha);
  let block = 0;
  const outputs: string[] = [];
  for (const [expansion, width, repeats, firstStride] of STAGES) {
    for (let i = 0; i < repeats && block < blocks; i++, block++) {
      if (block === REST && rest !== undefined) builder.part(rest);
      const out = roundChannels(width * alpha);
      const stride = i === 0 ? firstStride : 1;
      if (stride === 2) outputs.push(x);
      x = addBlock(builder, x, { block, expansion, channels, out, stride });
      channels = out;
    }
  }
  return [...outputs.slice(1), x];
}

interface Block {
  readonly block: number;
  readonly expansion: number;
  readonly channels: number;
  readonly out: number;
  readonly stride: number;
}

/** Inverted residual: 1×1 up, depthwise 3×3, 1×1 down without an activation. */
function addBlock(builder: GraphBuilder, input: string, options: Block): string {
  const { block, expansion, channels, out, stride } = options;
  const prefix = block === 0 ? "expanded_conv_" : `block_${block}_`;
  const pointwise = (name: string, x: string, filters: number) =>
    builder.add("conv", name, [x], { kernel: 1, filters, stride: 1, padding: "same", bias: false });

  let x = input;
  if (expansion !== 1) {
    x = pointwise(`${prefix}expand`, x, expansion * channels);
    x = builder.add(
      "relu6",
      `${prefix}expand_relu`,
      [normalize(builder, `${prefix}expand_BN`, x)],
      {},
    );
  }
  x = builder.add("depthwiseConv", `${prefix}depthwise`, [x], {
    kernel: 3,
    stride,
    padding: "same",
  });
  x = normalize(builder, `${prefix}depthwise_BN`, x);
  x = builder.add("relu6", `${prefix}depthwise_relu`, [x], {});
  x = pointwise(`${prefix}project`, x, out);
  x = normalize(builder, `${prefix}project_BN`, x);
  return stride === 1 && channels === out ? builder.add("add", `${prefix}add`, [input, x], {}) : x;
}

function normalize(builder: GraphBuilder, name: string, x: string): string {
  return builder.add("batchNorm", name, [x], BATCH_NORM);
}
