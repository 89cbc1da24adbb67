/**
 * Inception blocks: what lies around a face, at several sizes at once.
 *
 * Reference: tinaface paper §3 and vedadet `necks/inception.py` (windows of 3, 5 and 7 from stacked
 * 3×3 convolutions); seed 2's block after GoogLeNet (1×1 ‖ 3×3 ‖ 5×5 ‖ pool, no activations).
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv, centred, type ConvOptions } from "../layers.ts";
import type { TinafaceConfig } from "./config.ts";

/** Adds a block behind each level. Returns the names of its outputs. */
export function addInception(
  builder: GraphBuilder,
  pyramid: readonly string[],
  config: TinafaceConfig,
): string[] {
  switch (config.inception) {
    case "shared":
      return pyramid.map((level, i) => addShared(builder, level, i === 0 ? "" : `@${i}`, config));
    case "per-level":
      return pyramid.map((level, i) => addSeedBlock(builder, `neck.1.levels.${i}`, level, config));
    case "none":
      return [...pyramid];
  }
}

/** The paper's block; `copy` marks the nodes of levels that share the first one's weights. */
function addShared(
  builder: GraphBuilder,
  level: string,
  copy: string,
  { channels, norm }: TinafaceConfig,
): string {
  const conv = (i: number, input: string, part: number, activation?: "relu") => {
    const prefix = `neck.1.level_convs.0.${i}`;
    const options: ConvOptions = {
      filters: channels / part,
      kernel: 3,
      norm: [`${prefix}.${norm}`, norm],
      init: { kernel: "xavierUniform" },
      copy,
      ...(activation ? { activation } : {}),
    };
    return addConv(builder, `${prefix}.conv`, input, options);
  };
  const x3 = conv(0, level, 2);
  const x5First = conv(1, level, 4, "relu");
  const x5 = conv(2, x5First, 4);
  const x7 = conv(4, conv(3, x5First, 4, "relu"), 4);
  const all = builder.add("concat", `neck.1.concat${copy}`, [x3, x5, x7], {});
  return builder.add("relu", `neck.1.relu${copy}`, [all], {});
}

/** Seed 2's block: a quarter from 1×1, half from 3×3, an eighth each from 5×5 and from the pool. */
function addSeedBlock(
  builder: GraphBuilder,
  prefix: string,
  level: string,
  { channels }: TinafaceConfig,
): string {
  const conv = (name: string, input: string, part: number, kernel = 1) =>
    addConv(builder, `${prefix}.${name}`, input, { filters: channels / part, kernel });
  const pooled = builder.add("maxPool", `${prefix}.pool`, [level], {
    kernel: 3,
    stride: 1,
    padding: centred(3),
  });
  return builder.add("concat", `${prefix}.concat`, [
    conv("x1", level, 4),
    conv("x3", conv("x3_reduce", level, 2), 2, 3),
    conv("x5", conv("x5_reduce", level, 8), 8, 5),
    conv("pool_project", pooled, 8),
  ], {});
}
