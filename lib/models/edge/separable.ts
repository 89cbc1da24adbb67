/**
 * The convolutions that the edge detector is made of.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv, addNorm } from "../layers.ts";

/** A separable convolution. */
export interface SeparableOptions {
  /** Channels it gives. */
  readonly filters: number;
  /** Default 1. */
  readonly stride?: number;
  /** Whether no ReLU follows. Default: one does. */
  readonly linear?: boolean;
}

/**
 * Adds depthwise 3×3, 1×1, batch norm, and ReLU unless `linear`.
 *
 * @returns Name of the last node.
 */
export function addSeparable(
  builder: GraphBuilder,
  name: string,
  input: string,
  { filters, stride = 1, linear = false }: SeparableOptions,
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
 * Adds YuNet's convolution, the same two in the other order: 1×1, depthwise 3×3, batch norm and ReLU.
 *
 * @returns Name of the last node.
 */
export function addConvDp(
  builder: GraphBuilder,
  name: string,
  input: string,
  channels: number,
): string {
  const x = addConv(builder, `${name}_pointwise`, input, { filters: channels });
  const spread = builder.add("depthwiseConv", `${name}_depthwise`, [x], {
    kernel: 3,
    stride: 1,
    padding: "same",
  });
  const normed = addNorm(builder, `${name}_BN`, spread, { norm: "bn", channels });
  return builder.add("relu", `${name}_relu`, [normed], {});
}
