/**
 * A graph as the engine runs it: fewer, larger steps. Batch norms, activations and sums become part
 * of the convolution before them, and up to three convolutions one block, or two and the pool after
 * them, see `assembly/block.ts`.
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

/** A convolution with the batch norm and the activation that follow it. */
export interface Convolution<Op extends "conv" | "depthwiseConv" = "conv" | "depthwiseConv"> {
  /** The convolution. */
  readonly node: Node<Op>;
  /** The batch norm that is folded into its weights. */
  readonly norm?: Node<"batchNorm">;
  /** The activation. */
  readonly clamp: Clamp;
}

/** Convolutions one after another, the last of them plus a residual. */
export interface Block {
  readonly op: "block";
  /** A dense convolution; a block has this or `depthwise` or both. */
  readonly first?: Convolution<"conv">;
  /** A depthwise convolution of what `first` gives, or of the input. */
  readonly depthwise?: Convolution<"depthwiseConv">;
  /** A 1×1 convolution of what `depthwise` gives. */
  readonly last?: Convolution<"conv">;
  /** A max pool of what `depthwise` gives, whose windows lie side by side; then there is no `last`. */
  readonly pool?: Node<"maxPool">;
  /** Whether the second input is added before the last clamp. */
  readonly residual: boolean;
  readonly inputs: readonly string[];
  /** Name of the last node in it. */
  readonly output: string;
}

/** The operations that are no convolutions, and what is fused with them. */
export interface Single {
  readonly op: Exclude<AnyNode["op"], "input" | "conv" | "depthwiseConv" | "deformConv">;
  readonly node: AnyNode;
  readonly clamp: Clamp;
  readonly inputs: readonly string[];
  /** Name of the last node in it. */
  readonly output: string;
}

/** What is computed at a time. */
export type Step = Block | Single;

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
  "add",
  "batchNorm",
  "groupNorm",
  "relu",
  "relu6",
]);

/** Where the last convolution of a block stands. */
function tailOf(block: Block): "first" | "depthwise" | "last" {
  return block.last ? "last" : block.depthwise ? "depthwise" : "first";
}

const isUnclamped = ({ low, high }: Clamp) => low === -Infinity && high === Infinity;

/** Whether a convolution looks at each pixel by itself, all of them. */
export function isPointwise({ attributes: { kernel, stride, padding } }: Node<"conv">): boolean {
  return kernel === 1 && stride === 1 &&
    (padding === "same" || padding.every((pixels) => pixels === 0));
}

/** Whether the windows of a pool share no pixels and start with the image's first. */
function isTiling({ attributes: { kernel, stride, padding } }: Node<"maxPool">): boolean {
  // "same" adds fewer than `kernel` rows then, of which the larger half goes below.
  return kernel === 2 && stride === 2 &&
    (padding === "same" || padding.every((side) => side === 0));
}

/**
 * The step with a node taken into it; `undefined` where the two cannot be one.
 *
 * @param spread Names of what only a depthwise convolution reads.
 */
function extended(step: Step, node: AnyNode, spread: ReadonlySet<string>): Step | undefined {
  const clamp = CLAMPS[node.op];
  if (step.op !== "block") {
    return clamp && CLAMPING.has(step.op) && isUnclamped(step.clamp)
      ? { ...step, clamp, output: node.name }
      : undefined;
  }
  if (step.pool) return undefined;
  const part = tailOf(step), tail = step[part]!, { residual } = step, output = node.name;
  switch (node.op) {
    case "relu":
    case "relu6":
      return isUnclamped(tail.clamp) ? { ...step, [part]: { ...tail, clamp }, output } : undefined;
    case "batchNorm":
      return isUnclamped(tail.clamp) && !tail.norm && !residual
        ? { ...step, [part]: { ...tail, norm: node }, output }
        : undefined;
    case "depthwiseConv":
      return part === "first" && !residual
        ? { ...step, depthwise: { node, clamp: UNCLAMPED }, output }
        : undefined;
    case "conv": {
      // In dense → depthwise → dense → depthwise … the pairs stay together: what goes from one to the
      // next is as large either way, and the last pair may be pooled.
      const isNextPair = step.first !== undefined && spread.has(node.name);
      return part === "depthwise" && isPointwise(node) && !isNextPair
        ? { ...step, last: { node, clamp: UNCLAMPED }, output }
        : undefined;
    }
    case "maxPool":
      return part === "depthwise" && isTiling(node) ? { ...step, pool: node, output } : undefined;
    case "add": {
      const other = node.inputs.find((input) => input !== step.output);
      return other !== undefined && part !== "depthwise" && !residual && isUnclamped(tail.clamp)
        ? { ...step, residual: true, inputs: [...step.inputs, other], output }
        : undefined;
    }
    default:
      return undefined;
  }
}

function stepOf(node: AnyNode): Step {
  const { inputs, name: output } = node;
  switch (node.op) {
    case "conv":
      return { op: "block", first: { node, clamp: UNCLAMPED }, residual: false, inputs, output };
    case "depthwiseConv":
      return {
        op: "block",
        depthwise: { node, clamp: UNCLAMPED },
        residual: false,
        inputs,
        output,
      };
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
  const spread = new Set(
    nodes.filter(({ op }) => op === "depthwiseConv").map(({ inputs }) => inputs[0]!)
      .filter((name) => readers.get(name) === 1),
  );
  const steps = new Map<string, Step>();
  for (const node of nodes) {
    let step = stepOf(node);
    for (const input of node.inputs) {
      const before = steps.get(input);
      if (!before || isKept.has(input) || readers.get(input)! > 1) continue;
      const both = extended(before, node, spread);
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
