/**
 * The network of the edge detector: TinaFace's plan (pyramid, Inception context, heads) in separable
 * convolutions on MobileNetV2, and beside that a short path for small faces.
 *
 * The path is there because a MobileNetV2 this narrow has 8 channels at stride 4, through which all
 * must pass that is known of a face of ten pixels; YuNet, which finds those, has 64 there and spends
 * most of its work on them.
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addConv } from "../layers.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import type { EdgeConfig } from "./config.ts";

/** The bias at which a sigmoid says 0.01: most anchors are background (RetinaNet's prior). */
const PRIOR_BIAS = -Math.log(99);
const NARROW = { normal: 0.01 };

/**
 * Builds the network. Outputs of level i at stride 8, 16 and 32, A anchors a cell: `cls_i` `[H, W, A]`,
 * the root of the IoU that a box will reach or 0 without a face, before a sigmoid; `reg_i` `[H, W, 4A]`,
 * differences from the anchors.
 */
export function edgeGraph(config: EdgeConfig): Graph {
  const builder = new GraphBuilder().part("stem");
  const image = builder.add("input", "image", [], { channels: 3 });
  addMobileNetV2(builder, image, config.alpha, { rest: "backbone", blocks: 16 });
  builder.part("neck");
  const pyramid = addPyramid(builder, addDetail(builder, config), config);
  const levels = pyramid.map((level, i) =>
    config.context ? addContext(builder, `context_${i}`, level, config) : level
  );
  builder.part("head");
  return builder.finish(
    Object.assign({}, ...levels.map((level, i) => addHead(builder, i, level, config))),
  );
}

/**
 * The path for small faces: from the first convolution to stride 8 in three separable ones.
 *
 * @returns Name of its last node, of the pyramid's number of channels.
 */
function addDetail(builder: GraphBuilder, { channels }: EdgeConfig): string {
  const half = { filters: channels / 2 };
  const first = addSeparable(builder, "detail_0", "Conv1_relu", { ...half, stride: 2 });
  const second = addSeparable(builder, "detail_1", first, half);
  const options = { filters: channels, stride: 2, linear: true };
  return addSeparable(builder, "detail_2", second, options);
}

/** Depthwise 3×3, 1×1, batch norm, and ReLU unless `linear`. */
function addSeparable(
  builder: GraphBuilder,
  name: string,
  input: string,
  { filters, stride = 1, linear = false }: { filters: number; stride?: number; linear?: boolean },
): string {
  const x = builder.add("depthwiseConv", `${name}_depthwise`, [input], {
    kernel: 3,
    stride,
    padding: "same",
  });
  return addConv(builder, `${name}_pointwise`, x, {
    filters,
    norm: [`${name}_BN`, "bn"],
    ...(linear ? {} : { activation: "relu" }),
  });
}

/**
 * What the pyramid reads at each stride. At 16 it is where the backbone is widest, the expanded
 * activations before it halves its size, as in SSDLite (Sandler et al. 2018, arXiv 1801.04381, §6.2).
 */
const FEATURES = ["block_5_add", "block_13_expand_relu", "block_15_add"];

/** Laterals and nearest-neighbour top-down sums; the context that follows smooths them. */
function addPyramid(builder: GraphBuilder, detail: string, { channels }: EdgeConfig): string[] {
  const [fine, ...coarse] = FEATURES.map((feature, i) =>
    addConv(builder, `lateral_${i}`, feature, {
      filters: channels,
      norm: [`lateral_${i}_BN`, "bn"],
    })
  );
  const detailed = builder.add("add", "merge_detail", [fine!, detail], {});
  return [detailed, ...coarse].reduceRight<string[]>((merged, lateral, i) => {
    if (merged.length === 0) return [lateral];
    const inputs = [merged[0]!, lateral];
    const up = builder.add("resizeLike", `up_${i}`, inputs, { method: "nearest" });
    return [builder.add("add", `merge_${i}`, [up, lateral], {}), ...merged];
  }, []);
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
