/**
 * What can be said of a graph without running it: shapes, weights, work, memory.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import { sizeOf } from "../numbers/nd_array.ts";
import type { AnyNode, Graph, Shape } from "./graph.ts";
import { definitionOf, type WeightSpec } from "./ops.ts";

/** A weight by its full name, `<node>/<role>`, of the node it is called after. */
export interface NamedWeight extends WeightSpec {
  /** Full name, unique in the graph. */
  readonly name: string;
  /** The node that owns it. */
  readonly node: AnyNode;
}

/**
 * Shape of every node for a given input size, without the batch axis.
 *
 * Throws a `RangeError` when a window does not fit, a `TypeError` when shapes do not go together.
 */
export function inferShapes(graph: Graph, input: Size): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const node of graph.nodes) {
    const shape = node.op === "input"
      ? [input.height, input.width, node.attributes.channels] as const
      : definitionOf(node).shape(node.attributes, inputShapes(node, shapes));
    if (shape.some((length) => !(length >= 1))) {
      throw new RangeError(
        `Cannot run the network on ${input.width}x${input.height}: ` +
          `node "${node.name}" would have shape "${shape}"`,
      );
    }
    shapes.set(node.name, shape);
  }
  return shapes;
}

function inputShapes(node: AnyNode, shapes: ReadonlyMap<string, Shape>): Shape[] {
  return node.inputs.map((input) => shapes.get(input)!);
}

/** A size that every network here can take; weights depend on channels only. */
const PROBE: Size = { width: 512, height: 512 };

/** All weights of a graph, in the order of its nodes. */
export function weightsOf(graph: Graph): NamedWeight[] {
  const shapes = inferShapes(graph, PROBE);
  return graph.nodes.filter(({ name, weights }) => name === weights).flatMap((node) => {
    const specs = definitionOf(node).weights?.(node.attributes, inputShapes(node, shapes)) ?? [];
    return specs.map((spec) => ({ ...spec, name: `${node.name}/${spec.role}`, node }));
  });
}

/** How many numbers the weights of a graph hold, moving averages included (as Keras counts). */
export function parameterCount(graph: Graph): number {
  return weightsOf(graph).reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
}

/** One line of a {@linkcode summarize}d graph. */
export interface NodeSummary {
  /** The node. */
  readonly node: AnyNode;
  /** Its shape without the batch axis. */
  readonly shape: Shape;
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Multiply-adds for one image. */
  readonly multiplyAdds: number;
}

/** A graph in figures, for one image of a given size. */
export interface GraphSummary {
  /** A line a node. */
  readonly nodes: readonly NodeSummary[];
  /** Numbers in all weights, moving averages included. */
  readonly parameters: number;
  /** Numbers in the weights that a gradient changes. */
  readonly learnedParameters: number;
  /** Multiply-adds for one image. */
  readonly multiplyAdds: number;
  /** Bytes of the weights as 32-bit floats. */
  readonly weightBytes: number;
  /** Most bytes of activations alive at once when each is freed after its last reader. */
  readonly peakActivationBytes: number;
  /** Bytes of the largest activation; a device with a limit on buffers must hold a batch of it. */
  readonly largestActivationBytes: number;
  /** Bytes of all activations together: what a training step keeps for the backward pass. */
  readonly trainingActivationBytes: number;
}

const FLOAT_BYTES = 4;

/** The figures of a graph for one image of a given size. */
export function summarize(graph: Graph, input: Size): GraphSummary {
  const shapes = inferShapes(graph, input);
  const weights = Map.groupBy(weightsOf(graph), (weight) => weight.node.name);
  const nodes = graph.nodes.map((node): NodeSummary => ({
    node,
    shape: shapes.get(node.name)!,
    parameters: (weights.get(node.name) ?? []).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    multiplyAdds: definitionOf(node).multiplyAdds?.(
      node.attributes,
      inputShapes(node, shapes),
      shapes.get(node.name)!,
    ) ?? 0,
  }));
  const total = (value: (line: NodeSummary) => number) =>
    nodes.reduce((sum, line) => sum + value(line), 0);
  const parameters = total((line) => line.parameters);
  const learnedParameters = [...weights.values()].flat()
    .filter(({ kind }) => kind !== "averaged")
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    nodes,
    parameters,
    learnedParameters,
    multiplyAdds: total((line) => line.multiplyAdds),
    weightBytes: parameters * FLOAT_BYTES,
    peakActivationBytes: peakBytes(graph, shapes),
    largestActivationBytes: FLOAT_BYTES * Math.max(...nodes.map(({ shape }) => sizeOf(shape))),
    trainingActivationBytes: total((line) => FLOAT_BYTES * sizeOf(line.shape)),
  };
}

function peakBytes(graph: Graph, shapes: ReadonlyMap<string, Shape>): number {
  const lastReader = new Map<string, number>();
  graph.nodes.forEach((node, i) => node.inputs.forEach((input) => lastReader.set(input, i)));
  for (const name of Object.values(graph.outputs)) lastReader.set(name, Infinity);

  const bytesOf = (name: string) => FLOAT_BYTES * sizeOf(shapes.get(name)!);
  let alive = 0, peak = 0;
  graph.nodes.forEach((node, i) => {
    alive += bytesOf(node.name);
    peak = Math.max(peak, alive);
    for (const input of new Set(node.inputs)) {
      if (lastReader.get(input) === i) alive -= bytesOf(input);
    }
  });
  return peak;
}
