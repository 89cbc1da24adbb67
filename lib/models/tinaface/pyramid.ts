/**
 * From a backbone's features to the levels of a pyramid.
 *
 * Reference: Lin et al. 2017, arXiv 1612.03144 (FPN); vedadet `necks/fpn.py` with
 * `add_extra_convs='on_input'` and bilinear top-down; seed 2's "FCN".
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv, type ConvOptions, type Norm } from "../layers.ts";
import type { TinafaceConfig } from "./config.ts";

/**
 * Adds the pyramid of the configuration.
 *
 * @param features Names of C2 … C5.
 * @returns Names of P2, P3, …
 */
export function addPyramid(
  builder: GraphBuilder,
  features: readonly string[],
  config: TinafaceConfig,
): string[] {
  return config.neck === "fpn"
    ? addFpn(builder, features, config)
    : addTopDown(builder, features, config);
}

/** Options of a convolution of the neck, called as in vedadet. */
function neckConv(prefix: string, norm: Norm, options: ConvOptions): ConvOptions {
  return { init: { kernel: "xavierUniform" }, norm: [`${prefix}.${norm}`, norm], ...options };
}

/**
 * Laterals, bilinear top-down sums, a 3×3 convolution on each, and further levels by strided
 * convolutions, the first of them on C5; no activations.
 */
function addFpn(
  builder: GraphBuilder,
  features: readonly string[],
  { levels, channels, norm }: TinafaceConfig,
): string[] {
  const lateral = features.map((feature, i) => {
    const prefix = `neck.0.lateral_convs.${i}`;
    return addConv(
      builder,
      `${prefix}.conv`,
      feature,
      neckConv(prefix, norm, { filters: channels }),
    );
  });
  const merged = [lateral.at(-1)!];
  for (let i = lateral.length - 2; i >= 0; i--) {
    merged.unshift(merge(builder, `neck.0.merge.${i}`, merged[0]!, lateral[i]!, "bilinear"));
  }
  const smooth = (i: number, input: string, stride: number) => {
    const prefix = `neck.0.fpn_convs.${i}`;
    const options = neckConv(prefix, norm, { filters: channels, kernel: 3, stride });
    return addConv(builder, `${prefix}.conv`, input, options);
  };
  const pyramid = merged.map((level, i) => smooth(i, level, 1));
  for (let i = pyramid.length; i < levels; i++) {
    pyramid.push(smooth(i, i === features.length ? features.at(-1)! : pyramid[i - 1]!, 2));
  }
  return pyramid;
}

/** Seed 2's merge: the coarsest level is its bare lateral, the others are smoothed on the way down. */
function addTopDown(
  builder: GraphBuilder,
  features: readonly string[],
  { channels, norm }: TinafaceConfig,
): string[] {
  const conv = (prefix: string, input: string, kernel: number) =>
    addConv(
      builder,
      `${prefix}.conv`,
      input,
      neckConv(prefix, norm, { filters: channels, kernel }),
    );
  const lateral = features.map((feature, i) => conv(`neck.0.lateral_convs.${i}`, feature, 1));
  const pyramid = [lateral.at(-1)!];
  for (let i = lateral.length - 2; i >= 0; i--) {
    const sum = merge(builder, `neck.0.merge.${i}`, pyramid[0]!, lateral[i]!, "nearest");
    pyramid.unshift(conv(`neck.0.fpn_convs.${i}`, sum, 3));
  }
  return pyramid;
}

/** The coarse level at the size of the fine one, plus the fine one. */
function merge(
  builder: GraphBuilder,
  name: string,
  coarse: string,
  fine: string,
  method: "bilinear" | "nearest",
): string {
  const resized = builder.add("resizeLike", `${name}.resize`, [coarse, fine], { method });
  return builder.add("add", name, [resized, fine], {});
}
