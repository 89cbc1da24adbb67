/**
 * The network of the edge detector: TinaFace's plan (pyramid, Inception context, heads) in separable
 * convolutions on MobileNetV2.
 *
 * The pyramid reads the backbone where it is widest: the expanded activations before it halves its
 * size, as SSDLite does (Sandler et al. 2018, arXiv 1801.04381, §6.2).
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addConv, centred } from "../layers.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import type { EdgeConfig } from "./config.ts";

/** The bias at which a sigmoid says 0.01: most anchors are background (RetinaNet's prior). */
const PRIOR_BIAS = -Math.log(99);
const NARROW = { normal: 0.01 };

/**
 * Builds the network. Outputs of level i at stride 8, 16 and 32, A anchors a cell: `cls_i` `[H, W, A]`,
 * the IoU that a box will reach or 0 without a face, before a sigmoid; `reg_i` `[H, W, 4A]`,
 * differences from the anchors.
 */
export function edgeGraph(config: EdgeConfig): Graph {
  const builder = new GraphBuilder().part("stem");
  const image = builder.add("input", "image", [], { channels: 3 });
  const last = addMobileNetV2(builder, image, config.alpha, "backbone").at(-1)!;
  builder.part("neck");
  const pyramid = addPyramid(
    builder,
    ["block_6_expand_relu", "block_13_expand_relu", last],
    config,
  );
  const levels = pyramid.map((level, i) =>
    config.context ? addContext(builder, `context_${i}`, level, config) : level
  );
  builder.part("head");
  return builder.finish(
    Object.assign({}, ...levels.map((level, i) => addHead(builder, i, level, config))),
  );
}

/** Depthwise 3×3, 1×1, batch norm, and ReLU unless `linear`. */
function addSeparable(
  builder: GraphBuilder,
  name: string,
  input: string,
  { filters, linear = false }: { filters: number; linear?: boolean },
): string {
  const x = builder.add("depthwiseConv", `${name}_depthwise`, [input], {
    kernel: 3,
    stride: 1,
    padding: centred(3),
  });
  return addConv(builder, `${name}_pointwise`, x, {
    filters,
    norm: [`${name}_BN`, "bn"],
    ...(linear ? {} : { activation: "relu" }),
  });
}

/** Laterals and nearest-neighbour top-down sums; the context that follows smooths them. */
function addPyramid(
  builder: GraphBuilder,
  features: readonly string[],
  { channels }: EdgeConfig,
): string[] {
  const lateral = features.map((feature, i) =>
    addConv(builder, `lateral_${i}`, feature, {
      filters: channels,
      norm: [`lateral_${i}_BN`, "bn"],
    })
  );
  const merged = [lateral.at(-1)!];
  for (let i = lateral.length - 2; i >= 0; i--) {
    const coarse = builder.add("resizeLike", `up_${i}`, [merged[0]!, lateral[i]!], {
      method: "nearest",
    });
    merged.unshift(builder.add("add", `merge_${i}`, [coarse, lateral[i]!], {}));
  }
  return merged;
}

/**
 * Inception: windows of 3, 5 and 7 pixels of the level from stacked separable convolutions, half,
 * a quarter and a quarter of the channels.
 */
function addContext(
  builder: GraphBuilder,
  name: string,
  level: string,
  { channels }: EdgeConfig,
): string {
  const conv = (size: string, input: string, part: number, linear: boolean) =>
    addSeparable(builder, `${name}_${size}`, input, { filters: channels / part, linear });
  const narrow = conv("reduce", level, 4, false);
  const x3 = conv("3", level, 2, true);
  const x5 = conv("5", narrow, 4, true);
  const x7 = conv("7", conv("7_reduce", narrow, 4, false), 4, true);
  const all = builder.add("concat", `${name}_concat`, [x3, x5, x7], {});
  return builder.add("relu", `${name}_relu`, [all], {});
}

/** One tower for both answers of a level. */
function addHead(
  builder: GraphBuilder,
  i: number,
  level: string,
  { channels, towerDepth, anchors }: EdgeConfig,
): Record<string, string> {
  let x = level;
  for (let k = 0; k < towerDepth; k++) {
    x = addSeparable(builder, `head_${i}_${k}`, x, { filters: channels });
  }
  const perCell = anchors.scales.length;
  return {
    [`cls_${i}`]: addConv(builder, `cls_${i}`, x, {
      filters: perCell,
      init: { kernel: NARROW, bias: PRIOR_BIAS },
    }),
    [`reg_${i}`]: addConv(builder, `reg_${i}`, x, {
      filters: 4 * perCell,
      init: { kernel: NARROW },
    }),
  };
}
