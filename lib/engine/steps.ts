/**
 * A graph as the engine runs it: fewer, larger steps. Batch norms, activations and sums become part
 * of the convolution before them, and convolutions and sums that follow each other a chain, see
 * `assembly/chain.ts`.
 *
 * @module
 */
import { ancestors, type AnyNode, type Graph, type Node } from "../graph/graph.ts";

/** What numbers are clamped to; infinite where they are not. */
export interface Clamp {
  /** Least value. */
  readonly low: number;
  /** Largest value. */
  readonly high: number;
}

/** No clamping. */
export const UNCLAMPED: Clamp = { low: -Infinity, high: Infinity };

/** A layer of a chain: a convolution or sum with what is fused with it. */
export interface Layer {
  /** The convolution or sum. */
  readonly node: Node<"conv"> | Node<"depthwiseConv"> | Node<"add">;
  /** The batch norm that is folded into its weights. */
  readonly norm?: Node<"batchNorm">;
  /** Name of what a sum adds, or what is added to a dense convolution before its activation. */
  readonly added?: string;
  /** The activation. */
  readonly clamp: Clamp;
  /** The max pool of a depthwise convolution, which ends the chain. */
  readonly pool?: Node<"maxPool">;
}

/**
 * Layers of which each reads the one before and nobody else does. All but the first are sums and 1×1 or
 * depthwise convolutions. One with a pool is the last: behind it there is so little that it may as well
 * go to memory, and what comes before a pool must give two rows for one.
 */
export interface Chain {
  readonly op: "chain";
  readonly layers: readonly Layer[];
  /** What the first layer reads, and what is added on the way. */
  readonly inputs: readonly string[];
  /** Name of the last node in it. */
  readonly output: string;
}

/** The operations that are in no chain, and what is fused with them. */
export interface Single {
  readonly op: Exclude<AnyNode["op"], "input" | "conv" | "depthwiseConv" | "add" | "deformConv">;
  readonly node: AnyNode;
  readonly clamp: Clamp;
  readonly inputs: readonly string[];
  /** Name of the last node in it. */
  readonly output: string;
}

/** What is computed at a time. */
export type Step = Chain | Single;

/** The engine cannot compute an operation. */
export class UnsupportedOpError extends Error {
  /** The class's name. */
  override readonly name = "UnsupportedOpError";
}

const CLAMPS: Partial<Record<AnyNode["op"], Clamp>> = {
  relu: { low: 0, high: Infinity },
  relu6: { low: 0, high: 6 },
};

/** Operations whose kernels end with a clamp. */
const CLAMPING: ReadonlySet<Step["op"]> = new Set([
  "batchNorm",
  "groupNorm",
  "relu",
  "relu6",
]);

const isUnclamped = ({ low, high }: Clamp) => low === -Infinity && high === Infinity;

/** Whether a convolution looks at each pixel by itself, all of them. */
export function isPointwise({ attributes: { kernel, stride, padding } }: Node<"conv">): boolean {
  return kernel === 1 && stride === 1 &&
    (padding === "same" || padding.every((pixels) => pixels === 0));
}

/** Whether 3 × 3 windows slide by one pixel and reach no further than that over the sides. */
function isSliding({ attributes: { kernel, stride, padding } }: Node<"depthwiseConv">): boolean {
  const [, , left, right] = padding === "same" ? [1, 1, 1, 1] : padding;
  return kernel === 3 && stride === 1 && left <= 1 && right <= 1;
}

/** Whether the windows of a pool share no pixels and start with the image's first. */
function isTiling({ attributes: { kernel, stride, padding } }: Node<"maxPool">): boolean {
  // "same" adds fewer than `kernel` rows then, of which the larger half goes below.
  return kernel === 2 && stride === 2 &&
    (padding === "same" || padding.every((side) => side === 0));
}

/** Whether every window lies over the image, at least in part: rows that come of nothing would pile up. */
function isOverImage({ attributes: { kernel, padding } }: Node<"depthwiseConv">): boolean {
  return padding === "same" || padding.every((pixels) => pixels < kernel);
}

/** A chain with a node taken into it; `undefined` where that cannot be. */
function lengthened(chain: Chain, node: AnyNode): Chain | undefined {
  const { layers } = chain, tail = layers.at(-1)!, output = node.name;
  if (tail.pool) return undefined;
  const isOpen = isUnclamped(tail.clamp);
  const withTail = (part: Partial<Layer>): Chain => {
    return { ...chain, layers: [...layers.slice(0, -1), { ...tail, ...part }], output };
  };
  const withNext = (next: Omit<Layer, "clamp">): Chain => {
    return { ...chain, layers: [...layers, { ...next, clamp: UNCLAMPED }], output };
  };
  switch (node.op) {
    case "relu":
    case "relu6":
      return isOpen ? withTail({ clamp: CLAMPS[node.op]! }) : undefined;
    case "batchNorm":
      return isOpen && !tail.norm && !tail.added ? withTail({ norm: node }) : undefined;
    case "depthwiseConv":
      return isOverImage(node) ? withNext({ node }) : undefined;
    case "conv":
      return isPointwise(node) ? withNext({ node }) : undefined;
    case "maxPool":
      return isTiling(node) && tail.node.op === "depthwiseConv" && isSliding(tail.node)
        ? withTail({ pool: node })
        : undefined;
    case "add": {
      const added = node.inputs.find((input) => input !== chain.output);
      if (added === undefined) return undefined;
      const isInTail = tail.node.op === "conv" && isOpen && !tail.added;
      const sum = isInTail ? withTail({ added }) : withNext({ node, added });
      return { ...sum, inputs: [...chain.inputs, added] };
    }
    default:
      return undefined;
  }
}

/** The step with a node taken into it; `undefined` where the two cannot be one. */
function extended(step: Step, node: AnyNode): Step | undefined {
  if (step.op === "chain") return lengthened(step, node);
  const clamp = CLAMPS[node.op];
  return clamp && CLAMPING.has(step.op) && isUnclamped(step.clamp)
    ? { ...step, clamp, output: node.name }
    : undefined;
}

function stepOf(node: AnyNode): Step {
  const { inputs, name: output } = node;
  switch (node.op) {
    case "conv":
    case "depthwiseConv":
      return { op: "chain", layers: [{ node, clamp: UNCLAMPED }], inputs, output };
    case "add": {
      const added = inputs[1]!;
      return { op: "chain", layers: [{ node, added, clamp: UNCLAMPED }], inputs, output };
    }
    case "input":
    case "deformConv":
      throw new UnsupportedOpError(
        `Cannot run op "${node.op}" of node "${node.name}" on the engine`,
      );
    default:
      return { op: node.op, node, clamp: CLAMPS[node.op] ?? UNCLAMPED, inputs, output };
  }
}

/**
 * The steps that compute a graph's outputs, in order. An output that is the input itself needs none.
 *
 * Throws an {@linkcode UnsupportedOpError} that names the operation when there is one that the engine
 * does not have.
 */
export function stepsOf(graph: Graph): Step[] {
  const outputs = Object.values(graph.outputs);
  const nodes = ancestors(graph, outputs).filter(({ op }) => op !== "input");
  const readers = new Map<string, number>();
  for (const name of [...outputs, ...nodes.flatMap(({ inputs }) => inputs)]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const isKept = new Set(outputs);
  const steps = new Map<string, Step>();
  for (const node of nodes) {
    let step = stepOf(node);
    for (const input of node.inputs) {
      const before = steps.get(input);
      if (!before || isKept.has(input) || readers.get(input)! > 1) continue;
      const both = extended(before, node);
      if (!both) continue;
      // What comes before moves up to here, where all that the two read has been computed.
      steps.delete(input);
      step = both;
      break;
    }
    steps.set(node.name, step);
  }
  return [...steps.values()];
}
