/**
 * Which nodes can be computed together in one pass over the numbers.
 *
 * @module
 */
import type { Graph, Node } from "./graph.ts";

/** A batch norm's activation. */
export type ActivationNode = Node<"relu"> | Node<"relu6">;

/**
 * The activation that follows each batch norm, by the batch norm's name, where nothing else reads
 * the batch norm itself.
 */
export function fusedActivations(graph: Graph): Map<string, ActivationNode> {
  const outputs = new Set(Object.values(graph.outputs));
  const fused = new Map<string, ActivationNode>();
  for (const { name } of graph.nodes.filter(({ op }) => op === "batchNorm")) {
    const [reader, ...others] = graph.nodes.filter(({ inputs }) => inputs.includes(name));
    if (others.length > 0 || outputs.has(name)) continue;
    if (reader?.op === "relu" || reader?.op === "relu6") fused.set(name, reader);
  }
  return fused;
}
