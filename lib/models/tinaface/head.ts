/**
 * The heads: is it a face, where is it, and how well is it placed.
 *
 * Reference: vedadet `bbox_heads/iou_aware_retina_head.py`; seed 2's head of 1×1 convolutions.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv, type ConvOptions } from "../layers.ts";
import type { TinafaceConfig } from "./config.ts";

/** The bias at which a sigmoid says 0.01: most anchors are background (RetinaNet's prior). */
const PRIOR_BIAS = -Math.log(99);
const NARROW = { normal: 0.01 };

/**
 * Adds a head behind each level.
 *
 * @returns Outputs by name: `cls_i` `[H, W, A]`, `reg_i` `[H, W, 4A]`, `iou_i` `[H, W, A]` of level i,
 * all before a sigmoid; A anchors a cell.
 */
export function addHeads(
  builder: GraphBuilder,
  levels: readonly string[],
  config: TinafaceConfig,
): Record<string, string> {
  const outputs: Record<string, string> = {};
  levels.forEach((level, i) => {
    const shared = config.head === "shared";
    const prefix = shared ? "bbox_head" : `bbox_head.${i}`;
    const head = addHead(builder, level, prefix, shared && i > 0 ? `@${i}` : "", config);
    for (const [kind, name] of Object.entries(head)) outputs[`${kind}_${i}`] = name;
  });
  return outputs;
}

function addHead(
  builder: GraphBuilder,
  level: string,
  prefix: string,
  copy: string,
  { head, norm, channels, towerDepth, anchors }: TinafaceConfig,
): { cls: string; reg: string; iou: string } {
  const kernel = head === "shared" ? 3 : 1;
  const tower = (name: string) => {
    let x = level;
    for (let i = 0; i < towerDepth; i++) {
      const layer = `${prefix}.${name}.${i}`;
      const options: ConvOptions = head === "shared"
        ? { filters: channels, norm: [`${layer}.${norm}`, norm], activation: "relu" }
        : { filters: channels }; // seed 2's towers are linear
      x = addConv(builder, `${layer}.conv`, x, {
        ...options,
        kernel,
        copy,
        init: { kernel: NARROW },
      });
    }
    return x;
  };
  const final = (name: string, input: string, numbers: number, init: ConvOptions["init"]) =>
    addConv(builder, `${prefix}.${name}`, input, {
      filters: numbers * anchors.scales.length,
      kernel,
      copy,
      ...(init ? { init } : {}),
    });
  const boxes = tower("reg_convs");
  return {
    cls: final("retina_cls", tower("cls_convs"), 1, { kernel: NARROW, bias: PRIOR_BIAS }),
    reg: final("retina_reg", boxes, 4, { kernel: 0 }),
    iou: final("retina_iou", boxes, 1, { kernel: 0 }),
  };
}
