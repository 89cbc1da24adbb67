/**
 * Batch norms whose averages stay as they are, taken into the convolution before them.
 *
 * @module
 */
import type { NdArray } from "../numbers/nd_array.ts";
import { batchNormAffine } from "./batch_norm.ts";
import { type ActivationNode, fusedActivations } from "./fusion.ts";
import type { AnyNode, Graph, Node } from "./graph.ts";

/** A convolution that does the work of its batch norm, and of the activation after that. */
export interface FoldedConv {
  /** The convolution. */
  readonly conv: Node<"conv"> | Node<"depthwiseConv">;
  /** The activation; `null` when none follows, or more than it reads the batch norm. */
  readonly activation: ActivationNode | null;
  /** The node whose value is computed: the activation, or else the batch norm. */
  readonly result: string;
  /** Kernel in the shape of the convolution's own. */
  readonly kernel: NdArray;
  /** Bias by channel, `[C]`. */
  readonly bias: NdArray;
}

/**
 * The convolutions of a graph that can be folded, by name: those that a batch norm alone reads.
 *
 * @param weights All weights of the graph.
 * @param isFixed Whether the weights of a node stay as they are. Default: all do.
 */
export function foldBatchNorms(
  graph: Graph,
  weights: ReadonlyMap<string, NdArray>,
  isFixed: (node: AnyNode) => boolean = () => true,
): Map<string, FoldedConv> {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const activations = fusedActivations(graph), outputs = new Set(Object.values(graph.outputs));
  const folded = new Map<string, FoldedConv>();
  for (const norm of graph.nodes) {
    if (norm.op !== "batchNorm" || !isFixed(norm)) continue;
    const conv = byName.get(norm.inputs[0]!)!;
    if (conv.op !== "conv" && conv.op !== "depthwiseConv") continue;
    const readers = graph.nodes.filter(({ inputs }) => inputs.includes(conv.name));
    if (readers.length > 1 || outputs.has(conv.name) || !isFixed(conv)) continue;
    const activation = activations.get(norm.name) ?? null;
    const result = activation?.name ?? norm.name;
    folded.set(conv.name, { conv, activation, result, ...fold(conv, norm, weights) });
  }
  return folded;
}

/** y = scale · (k∗x + b) + shift as one convolution. */
function fold(
  conv: FoldedConv["conv"],
  norm: Node<"batchNorm">,
  weights: ReadonlyMap<string, NdArray>,
): { kernel: NdArray; bias: NdArray } {
  const role = conv.op === "conv" ? "kernel" : "depthwise_kernel";
  const { shape, data } = weights.get(`${conv.weights}/${role}`)!;
  const convBias = weights.get(`${conv.weights}/bias`)?.data;
  const { scale, shift } = batchNormAffine(norm, (name) => weights.get(name)!);
  const bias = Float32Array.from(shift, (value, c) => value + (convBias?.[c] ?? 0) * scale[c]!);
  return {
    kernel: { shape, data: data.map((value, i) => value * scale[i % scale.length]!) },
    bias: { shape: [scale.length], data: bias },
  };
}
