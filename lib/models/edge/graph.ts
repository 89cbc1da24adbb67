/**
 * The network of the edge detector: TinaFace's plan (pyramid, Inception context, heads) in separable
 * convolutions.
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addConv } from "../layers.ts";
import { addBackbone, type EdgeFeatures, yunetNodes } from "./backbone.ts";
import { EDGE_STRIDES, type EdgeConfig } from "./config.ts";
import { addSeparable } from "./separable.ts";

/** The bias at which a sigmoid says 0.01: most anchors are background (RetinaNet's prior). */
const PRIOR_BIAS = -Math.log(99);
const NARROW = { normal: 0.01 };

/**
 * Builds the network. Outputs of level i at stride 8, 16 and 32, A anchors a cell: `cls_i` `[H, W, A]`,
 * the root of the IoU that a box will reach or 0 without a face, before a sigmoid; `reg_i` `[H, W, 4A]`,
 * differences from the anchors.
 */
export function edgeGraph(config: EdgeConfig): Graph {
  const builder = new GraphBuilder();
  const features = addBackbone(builder, config);
  const pyramid = addPyramid(builder, features, config);
  const levels = pyramid.map((level, i) =>
    config.context ? addContext(builder, `context_${i}`, level, config) : level
  );
  builder.part("head");
  return builder.finish(
    Object.assign({}, ...levels.map((level, i) => addHead(builder, i, level, config))),
  );
}

/** Laterals and nearest-neighbour top-down sums; the context that follows smooths them. */
function addPyramid(
  builder: GraphBuilder,
  { levels, detail }: EdgeFeatures,
  { channels }: EdgeConfig,
): string[] {
  const [fine, ...coarse] = levels.map((feature, i) =>
    addConv(builder, `lateral_${i}`, feature, {
      filters: channels,
      norm: [`lateral_${i}_BN`, "bn"],
    })
  );
  const finest = detail ? builder.add("add", "merge_detail", [fine!, detail], {}) : fine!;
  return [finest, ...coarse].reduceRight<string[]>((merged, lateral, i) => {
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

/** Names of the nodes that are compared with what a teacher sees, by the name it has there. */
export function hintNodes(config: EdgeConfig): Record<string, string> {
  const nodes = {
    backbone: yunetNodes(config),
    pyramid: EDGE_STRIDES.map((_, i) => config.context ? `context_${i}_relu` : `merge_${i}`),
  };
  return Object.fromEntries(
    config.hints.flatMap((kind) => nodes[kind].map((node, i) => [`${kind}_${i}`, node])),
  );
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
