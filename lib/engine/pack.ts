/**
 * Weights as the kernels want them: batch norm folded in, in the order in which they are read.
 *
 * @module
 */
import { type Affine, batchNormAffine } from "../graph/batch_norm.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { Node } from "../graph/graph.ts";
import type { Layer } from "./steps.ts";

/** A weight by its full name. */
export type WeightOf = (name: string) => NdArray;

/** Columns of a panel, as in `assembly/gemm.ts`. */
const COLUMNS = 8;
/** Floats of a vector. */
const LANES = 4;

/** Scale of each filter, and what is added to what it gives; no `bias` is zeros. */
function affineOf(norm: Layer["norm"], bias: Float32Array, weightOf: WeightOf): Affine {
  if (!norm) {
    return { scale: new Float64Array(bias.length).fill(1), shift: Float64Array.from(bias) };
  }
  const { scale, shift } = batchNormAffine(norm, weightOf);
  return { scale, shift: shift.map((value, c) => value + bias[c]! * scale[c]!) };
}

/** Panels of 8 filters: 8 biases, then 8 weights a tap and input channel; zeros at the right. */
function packDense(
  { weights, attributes }: Node<"conv">,
  norm: Layer["norm"],
  weightOf: WeightOf,
): Float32Array {
  const { shape, data } = weightOf(`${weights}/kernel`);
  const filters = shape[3]!, depth = data.length / filters;
  const bias = attributes.bias ? weightOf(`${weights}/bias`).data : new Float32Array(filters);
  const { scale, shift } = affineOf(norm, bias, weightOf);
  const panelFloats = (depth + 1) * COLUMNS;
  const packed = new Float32Array(Math.ceil(filters / COLUMNS) * panelFloats);
  for (let f = 0; f < filters; f++) {
    let o = Math.floor(f / COLUMNS) * panelFloats + f % COLUMNS;
    packed[o] = shift[f]!;
    for (let k = f; k < data.length; k += filters) packed[o += COLUMNS] = data[k]! * scale[f]!;
  }
  return packed;
}

/** A row of biases, then a row a tap; rows are filled up with zeros to whole vectors. */
function packDepthwise(
  { weights }: Node<"depthwiseConv">,
  norm: Layer["norm"],
  weightOf: WeightOf,
): Float32Array {
  const { shape, data } = weightOf(`${weights}/depthwise_kernel`);
  const channels = shape[2]!, taps = data.length / channels;
  const { scale, shift } = affineOf(norm, new Float32Array(channels), weightOf);
  const lanes = Math.ceil(channels / LANES) * LANES;
  const packed = new Float32Array((taps + 1) * lanes);
  for (let c = 0; c < channels; c++) {
    packed[c] = shift[c]!;
    for (let tap = 0; tap < taps; tap++) {
      packed[(tap + 1) * lanes + c] = data[tap * channels + c]! * scale[c]!;
    }
  }
  return packed;
}

/** The weights of a layer; a sum has none. */
export function packLayer({ node, norm }: Layer, weightOf: WeightOf): Float32Array {
  switch (node.op) {
    case "conv":
      return packDense(node, norm, weightOf);
    case "depthwiseConv":
      return packDepthwise(node, norm, weightOf);
    case "add":
      return new Float32Array();
  }
}
