/**
 * Small groups of nodes that several models build with.
 *
 * @module
 */
import type { GraphBuilder } from "../graph/builder.ts";
import type { OpAttributes, Padding } from "../graph/graph.ts";

/** How activations are normalised; `none` adds no node. */
export type Norm = "bn" | "gn" | "none";

/** PyTorch's epsilon for both, batch norm momentum (PyTorch counts from the other end: 0.1). */
const PYTORCH_BATCH_NORM = { epsilon: 1e-5, momentum: 0.9 } as const;
/** vedadet's `norm_cfg=dict(type='GN', num_groups=32)`. */
const GROUPS = 32;

/** The zeros that PyTorch's `padding=kernel // 2` puts around an image. */
export function centred(kernel: number): Padding {
  const side = (kernel - 1) / 2;
  return [side, side, side, side];
}

/** A convolution with what may follow it. */
export interface ConvOptions {
  /** Channels it gives. */
  readonly filters: number;
  /** Side of its window. Default 1. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Name of the normalisation that follows, and which it is. Default: none follows. */
  readonly norm?: readonly [name: string, norm: Norm];
  /** Activation after that. Default: none. */
  readonly activation?: "relu" | "relu6";
  /** Whether it has a bias. Default: when no normalisation follows. */
  readonly bias?: boolean;
  /** Start values that differ from the operation's. */
  readonly init?: NonNullable<OpAttributes["conv"]["init"]>;
  /** Appended to the names of nodes that share the weights of those without it. */
  readonly copy?: string;
}

/**
 * Adds convolution, normalisation and activation, padded as in PyTorch.
 *
 * @returns Name of the last node.
 */
export function addConv(
  builder: GraphBuilder,
  name: string,
  input: string,
  options: ConvOptions,
): string {
  const { filters, kernel = 1, stride = 1, norm, activation, init, copy = "" } = options;
  const bias = options.bias ?? (norm === undefined || norm[1] === "none");
  const attributes = {
    ...{ kernel, filters, stride, padding: centred(kernel), bias },
    ...(init ? { init } : {}),
  };
  let x = builder.add("conv", name + copy, [input], attributes, name);
  if (norm) x = addNorm(builder, norm[0], x, { norm: norm[1], channels: filters, copy });
  return activation
    ? builder.add(activation, `${norm?.[0] ?? name}.${activation}${copy}`, [x], {})
    : x;
}

/**
 * Adds a normalisation; `none` adds nothing. Group norm has 32 groups, or as many of those as go into
 * fewer channels.
 *
 * @returns Name of the last node.
 */
export function addNorm(
  builder: GraphBuilder,
  name: string,
  input: string,
  { norm, channels, copy = "" }: { norm: Norm; channels: number; copy?: string },
): string {
  switch (norm) {
    case "bn":
      return builder.add("batchNorm", name + copy, [input], PYTORCH_BATCH_NORM, name);
    case "gn": {
      const { epsilon } = PYTORCH_BATCH_NORM, groups = commonDivisor(GROUPS, channels);
      return builder.add("groupNorm", name + copy, [input], { groups, epsilon }, name);
    }
    case "none":
      return input;
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
