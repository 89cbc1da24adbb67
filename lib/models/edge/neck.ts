/**
 * What the edge detector makes of its backbone's features before its heads read them: every level gets
 * to know what the coarser ones know.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv } from "../layers.ts";
import type { EdgeFeatures } from "./backbone.ts";
import { EDGE_STRIDES, type EdgeConfig, type EdgeHint } from "./config.ts";
import { addConvDp, addSeparable } from "./separable.ts";

type Neck = (builder: GraphBuilder, features: EdgeFeatures, config: EdgeConfig) => string[];

/** Adds a neck; gives the levels that the heads read, finest first. */
export const addNeck: Neck = (builder, features, config) =>
  NECKS[config.neck].add(builder.part("neck"), features, config);

/** Names of the nodes that can be compared with what YuNet sees, level by level. */
export function neckNodes({ neck }: EdgeConfig): Record<Exclude<EdgeHint, "backbone">, string[]> {
  const { pyramid, heads } = NECKS[neck];
  const levels = (name: (i: number) => string) => EDGE_STRIDES.map((_, i) => name(i));
  return { pyramid: levels(pyramid), heads: heads ? levels(heads) : [] };
}

const NECKS: {
  readonly [N in EdgeConfig["neck"]]: {
    readonly add: Neck;
    /** The node of a level that is compared with YuNet's pyramid. */
    readonly pyramid: (i: number) => string;
    /** The one that is compared with what its outputs read; absent where it has none. */
    readonly heads?: (i: number) => string;
  };
} = {
  tinaface: { add: addTinaface, pyramid: (i) => `context_${i}_relu` },
  yunet: { add: addYunet, pyramid: (i) => `lateral_${i}_relu`, heads: (i) => `share_${i}_relu` },
};

/** TinaFace's: a pyramid, and Inception around every place of it. */
function addTinaface(builder: GraphBuilder, features: EdgeFeatures, config: EdgeConfig): string[] {
  return addPyramid(builder, features, config)
    .map((level, i) => addContext(builder, `context_${i}`, level, config));
}

/**
 * YuNet's: each level is spread after what comes from above is added to it, and once more for the heads
 * (`mmdet/models/necks/tfpn.py` and `dense_heads/yunet_head.py` of ShiqiYu/libfacedetection.train).
 */
function addYunet(
  builder: GraphBuilder,
  { levels }: EdgeFeatures,
  { channels }: EdgeConfig,
): string[] {
  const conv = (name: string, input: string) => addConvDp(builder, name, input, channels);
  const pyramid = levels.reduceRight<string[]>((above, level, i) => {
    const input = above.length > 0 ? addFromAbove(builder, i, above[0]!, level) : level;
    return [conv(`lateral_${i}`, input), ...above];
  }, []);
  return pyramid.map((level, i) => conv(`share_${i}`, level));
}

/** Adds a coarser level, every place repeated, to level i. */
function addFromAbove(builder: GraphBuilder, i: number, above: string, level: string): string {
  const up = builder.add("resizeLike", `up_${i}`, [above, level], { method: "nearest" });
  return builder.add("add", `merge_${i}`, [up, level], {});
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
    return [addFromAbove(builder, i, merged[0]!, lateral), ...merged];
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
