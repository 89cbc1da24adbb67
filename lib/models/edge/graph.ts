/**
 * The network of the edge detector: backbone, neck and heads in separable convolutions.
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addConv } from "../layers.ts";
import { addBackbone, yunetNodes } from "./backbone.ts";
import type { EdgeConfig } from "./config.ts";
import { addNeck, neckNodes } from "./neck.ts";
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
  const levels = addNeck(builder, addBackbone(builder, config), config);
  builder.part("head");
  return builder.finish(
    Object.assign({}, ...levels.map((level, i) => addHead(builder, i, level, config))),
  );
}

/** Names of the nodes that are compared with what a teacher sees, by the name it has there. */
export function hintNodes(config: EdgeConfig): Record<string, string> {
  const nodes = { backbone: yunetNodes(config), ...neckNodes(config) };
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
