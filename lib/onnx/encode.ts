/**
 * Any model as an ONNX file, for runtimes other than this project's own.
 *
 * The graph's NHWC becomes ONNX' customary NCHW inside; the outputs are turned back, so that
 * whatever reads them here reads them there.
 *
 * @module
 */
import { inferShapes } from "../graph/analysis.ts";
import { ancestors, type AnyNode, type Graph, type Shape } from "../graph/graph.ts";
import type { Size } from "../image/image.ts";
import type { InferenceModel } from "../models/detector_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import {
  type Constant,
  type Dimension,
  encodeOnnxModel,
  type OnnxNode,
  type OnnxValue,
} from "./messages.ts";
import { opsetOf, type OpWriter, writeNode } from "./ops.ts";

/** How {@linkcode encodeOnnx} writes a model. */
export interface OnnxOptions {
  /** The size of photo that the file is for. Default: the one the model is trained at. */
  readonly size?: Size;
  /**
   * Leaves open, until the model runs, how many photos there are at once and, where the model takes
   * any size, which one; `size` is not looked at. Default `false`: one photo of `size`.
   */
  readonly dynamic?: boolean;
  /** Stores weights in half precision, at half the bytes; they are computed with in full. Default `false`. */
  readonly float16?: boolean;
}

/** A graph's part of {@linkcode encodeOnnx}. */
export interface GraphOptions {
  /** Shape of every node; of the inputs and outputs, only the channels count if `sizesAreKnown` is not. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Whether the file is for these very shapes. */
  readonly sizesAreKnown: boolean;
  /** Photos at once; `undefined` leaves it open. */
  readonly batch: number | undefined;
  /** How weights are stored. */
  readonly float16: boolean;
}

/** Nodes, constants, inputs and outputs of an ONNX graph. */
export interface OnnxGraph {
  /** The steps. */
  readonly nodes: readonly OnnxNode[];
  /** Tensors by name. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Inputs, `[B, C, H, W]`. */
  readonly inputs: readonly OnnxValue[];
  /** Outputs, `[B, H, W, C]`. */
  readonly outputs: readonly OnnxValue[];
  /** Version of the operations. */
  readonly opset: number;
}

const TO_NHWC = { perm: [0, 2, 3, 1] } as const;

/**
 * A model as the bytes of an ONNX file. Its input is the graph's, `[B, 3, H, W]`, normalised RGB; its
 * outputs are those of the graph, by their names, `[B, H, W, C]`. `metadata_props` say what the input
 * must be, and which model and configuration it is.
 *
 * @param weights All weights of the model's graph.
 * Throws a `RangeError` for a size that the model does not take.
 */
export function encodeOnnx(
  model: InferenceModel,
  weights: WeightMap,
  { size = model.input.size, dynamic = false, float16 = false }: OnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const takesAnySize = model.input.multipleOf !== null;
  checkSize(model, size);
  const graph = toOnnxGraph(model.graph, weights, {
    shapes: inferShapes(model.graph, size),
    sizesAreKnown: !(dynamic && takesAnySize),
    batch: dynamic ? undefined : 1,
    float16,
  });
  return encodeOnnxModel({
    ...graph,
    name: model.name,
    doc: `Face detector "${model.name}" of tinyface`,
    metadata: metadataOf(model),
  });
}

function checkSize({ name, input: { size, multipleOf } }: InferenceModel, asked: Size): void {
  const { width, height } = asked;
  const fits = multipleOf === null
    ? width === size.width && height === size.height
    : [width, height].every((side) => side > 0 && side % multipleOf === 0);
  if (fits) return;
  const expected = multipleOf === null
    ? `"${size.width}x${size.height}"`
    : `sides that are multiples of "${multipleOf}"`;
  throw new RangeError(
    `Cannot write model "${name}": the size is "${width}x${height}", expected ${expected}`,
  );
}

/** What someone needs to know who has only the file. */
function metadataOf({ name, config, input }: InferenceModel): Record<string, string> {
  const { mean, std, fill, multipleOf } = input;
  return {
    model: name,
    config: JSON.stringify(config),
    input: "RGB, [batch, 3, height, width], (pixel 0 … 255 - mean) / std; upright, top row first",
    mean: JSON.stringify(mean),
    std: JSON.stringify(std),
    fill: JSON.stringify(fill),
    size_multiple_of: JSON.stringify(multipleOf),
    outputs: "[batch, height, width, channels], before decoding and non-maximum suppression",
  };
}

/** A graph with its weights in ONNX' terms. Throws a `RangeError` for what ONNX cannot say. */
export function toOnnxGraph(graph: Graph, weights: WeightMap, options: GraphOptions): OnnxGraph {
  const writing = new GraphWriting(graph, weights, options);
  const used = ancestors(graph, Object.values(graph.outputs));
  for (const node of used) {
    if (node.op !== "input") writing.add(node);
  }
  const outputs = Object.entries(graph.outputs).map(([name, node]) => writing.output(name, node));
  const inputs = used.filter(({ op }) => op === "input").map(({ name }) => writing.input(name));
  const { nodes, constants } = writing;
  return { nodes, constants, inputs, outputs, opset: opsetOf(used) };
}

/** An ONNX graph while it is put together. */
class GraphWriting {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, Constant>();
  #graph: Graph;
  #weights: WeightMap;
  #options: GraphOptions;

  constructor(graph: Graph, weights: WeightMap, options: GraphOptions) {
    this.#graph = graph;
    this.#weights = weights;
    this.#options = options;
  }

  /** Adds a node of the graph, after those that it reads. */
  add(node: AnyNode): void {
    const { shapes, sizesAreKnown, batch } = this.#options;
    const value = this.#valueOf(node.name);
    const keep = (name: string, constant: Constant): string => {
      this.constants.set(name, constant);
      return name;
    };
    const writer: OpWriter = {
      emit: (type, inputs, attributes = {}, suffix = "") => {
        const output = value + suffix;
        this.nodes.push({ type, inputs, output, attributes });
        return output;
      },
      weight: (role, arrange = (array) => array) =>
        this.#weight(`${node.weights}/${role}`, arrange),
      floats: (suffix, array) => keep(value + suffix, { type: "float32", array }),
      integers: (suffix, values) => keep(value + suffix, { type: "int64", values }),
      shapes: node.inputs.map((input) => shapes.get(input)!),
      shape: shapes.get(node.name)!,
      sizesAreKnown,
      batch,
    };
    writeNode(node, node.inputs.map((input) => this.#valueOf(input)), writer);
  }

  /** Name of a node's value; an output of the graph has the first right to a name. */
  #valueOf(node: string): string {
    return Object.hasOwn(this.#graph.outputs, node) ? `${node}/nchw` : node;
  }

  /** A weight by its full name, written when it is first asked for: nodes may share it. */
  #weight(name: string, arrange: (array: NdArray) => NdArray): string {
    const { float16 } = this.#options;
    const full = float16 ? `${name}/float32` : name;
    if (this.constants.has(name)) return full;
    const array = arrange(this.#weights.get(name)!);
    this.constants.set(name, { type: float16 ? "float16" : "float32", array });
    if (float16) this.nodes.push({ type: "Cast", inputs: [name], output: full, attributes: FLOAT });
    return full;
  }

  /** An input of the graph. */
  input(name: string): OnnxValue {
    const [height, width, channels] = this.#axesOf(name, "");
    return { name, shape: [this.#batch, channels, height, width], doc: "See metadata: input" };
  }

  /** Turns the value of a node into an output. */
  output(name: string, node: string): OnnxValue {
    const inputs = [this.#valueOf(node)];
    this.nodes.push({ type: "Transpose", inputs, output: name, attributes: TO_NHWC });
    return {
      name,
      shape: [this.#batch, ...this.#axesOf(node, `${name}_`)],
      doc: "See metadata: outputs",
    };
  }

  get #batch(): Dimension {
    return this.#options.batch ?? "batch";
  }

  /** Height, width and channels of a node, as far as they are known. */
  #axesOf(node: string, prefix: string): [Dimension, Dimension, number] {
    const { shapes, sizesAreKnown } = this.#options;
    const [height, width, channels] = shapes.get(node)!;
    return sizesAreKnown
      ? [height, width, channels]
      : [`${prefix}height`, `${prefix}width`, channels];
  }
}

/** To 32-bit floats, as a Cast says it. */
const FLOAT = { to: 1 } as const;
