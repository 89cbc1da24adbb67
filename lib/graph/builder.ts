/**
 * Builds a {@linkcode Graph}: one typed call a node, wrong wiring is an error at once.
 *
 * @module
 */
import type { AnyNode, Graph, Node, OpAttributes, OpName } from "./graph.ts";
import { OPS } from "./ops.ts";

/**
 * A graph under construction.
 *
 * @example A block of two nodes
 * ```ts ignore
 * const builder = new GraphBuilder();
 * const image = builder.add("input", "image", [], { channels: 3 });
 * const features = builder.add("conv", "stem", [image], {
 *   kernel: 3, filters: 16, stride: 2, padding: "same", bias: false,
 * });
 * const graph = builder.finish({ features });
 * ```
 */
export class GraphBuilder {
  #nodes = new Map<string, AnyNode>();
  #part = "network";

  /** Nodes added from here on belong to this part. */
  part(name: string): this {
    this.#part = name;
    return this;
  }

  /**
   * Adds a node.
   *
   * @param weights Name of the node whose weights it shares, as heads do that read several levels.
   * Throws a `RangeError` when the name is taken, an input is not there yet, or the number of inputs
   * does not suit the operation.
   *
   * @returns Its name, to be given to the nodes that read it.
   */
  add<Op extends OpName>(
    op: Op,
    name: string,
    inputs: readonly string[],
    attributes: OpAttributes[Op],
    weights: string = name,
  ): string {
    if (this.#nodes.has(name)) throw new RangeError(`Cannot add node "${name}": the name is taken`);
    const missing = inputs.find((input) => !this.#nodes.has(input));
    if (missing !== undefined) {
      throw new RangeError(`Cannot add node "${name}": input "${missing}" is not in the graph`);
    }
    const [least, most] = OPS[op].arity;
    if (inputs.length < least || inputs.length > most) {
      throw new RangeError(`Cannot add node "${name}": it has "${inputs.length}" inputs`);
    }
    const owner = this.#nodes.get(weights);
    if (weights !== name && (owner?.op !== op || owner.weights !== weights)) {
      throw new RangeError(
        `Cannot add node "${name}": "${weights}" is no "${op}" whose weights it could share`,
      );
    }
    const node: Node<Op> = { name, weights, op, inputs, attributes, part: this.#part };
    this.#nodes.set(name, node as AnyNode);
    return name;
  }

  /** The finished graph with its outputs, by output name. */
  finish(outputs: Readonly<Record<string, string>>): Graph {
    for (const [output, node] of Object.entries(outputs)) {
      if (!this.#nodes.has(node)) {
        throw new RangeError(`Cannot finish the graph: output "${output}" is "${node}"`);
      }
    }
    return { nodes: [...this.#nodes.values()], outputs };
  }
}
