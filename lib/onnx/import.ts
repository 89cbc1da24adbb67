/**
 * From an ONNX file to a graph with weights: of the operations as many as small convolutional
 * detectors have.
 *
 * @module
 */
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Padding } from "../graph/graph.ts";
import { type NdArray, transpose } from "../numbers/nd_array.ts";
import type { ReadNode, ReadOnnx } from "./read.ts";

/** A network from a file. */
export interface ImportedNetwork {
  /** The network; its outputs have the file's names. */
  readonly graph: Graph;
  /** Its weights. */
  readonly weights: ReadonlyMap<string, NdArray>;
}

/** What a step is added to. */
interface Importer {
  readonly builder: GraphBuilder;
  readonly weights: Map<string, NdArray>;
  /** The tensor that a step reads; throws when the file has none of that name. */
  constant(name: string): NdArray;
}

type ImportOp = (node: ReadNode, input: readonly string[], importer: Importer) => string;

/** The one number that all of a list are. */
function same(node: ReadNode, attribute: string, otherwise: number): number {
  const values = node.integers.get(attribute) ?? [otherwise];
  if (values.some((value) => value !== values[0])) {
    throw new RangeError(`${attribute} of "${node.outputs[0]}" is "${values}"`);
  }
  return values[0]!;
}

/** ONNX' [top, left, bottom, right] in our order. */
function paddingOf(node: ReadNode): Padding {
  const [top = 0, left = 0, bottom = 0, right = 0] = node.integers.get("pads") ?? [];
  return [top, bottom, left, right];
}

const named = (node: ReadNode) => node.outputs[0]!;

function window(node: ReadNode) {
  return {
    kernel: same(node, "kernel_shape", 1),
    stride: same(node, "strides", 1),
    padding: paddingOf(node),
  };
}

/** A convolution: dense, or with one filter a channel, whose bias becomes a batch norm's shift. */
const conv: ImportOp = (node, [x], { builder, weights, constant }) => {
  const [, kernelName, biasName] = node.inputs;
  const kernel = constant(kernelName!), [filters] = kernel.shape;
  const bias = biasName === undefined ? undefined : constant(biasName);
  const groups = same(node, "group", 1), name = named(node);
  if (groups === 1) {
    const attributes = { ...window(node), filters: filters!, bias: bias !== undefined };
    weights.set(`${name}/kernel`, transpose(kernel, [2, 3, 1, 0]));
    if (bias) weights.set(`${name}/bias`, bias);
    return builder.add("conv", name, [x!], attributes);
  }
  if (groups !== filters || kernel.shape[1] !== 1) {
    throw new RangeError(`group of "${name}" is "${groups}", with "${filters}" filters`);
  }
  weights.set(`${name}/depthwise_kernel`, transpose(kernel, [2, 3, 0, 1]));
  const product = builder.add("depthwiseConv", name, [x!], window(node));
  if (!bias) return product;
  const shift = `${name}_bias`,
    constantArray = (value: number) => ({
      shape: [filters],
      data: new Float32Array(filters).fill(value),
    });
  weights.set(`${shift}/gamma`, constantArray(1));
  weights.set(`${shift}/beta`, bias);
  weights.set(`${shift}/moving_mean`, constantArray(0));
  weights.set(`${shift}/moving_variance`, constantArray(1));
  return builder.add("batchNorm", shift, [product], { epsilon: 0, momentum: 1 });
};

/** What only arranges values: here channels come last already, and rows and columns stay apart. */
const unchanged: ImportOp = (_, [x]) => x!;

const OPS: Readonly<Record<string, ImportOp>> = {
  Conv: conv,
  Relu: (node, [x], { builder }) => builder.add("relu", named(node), [x!], {}),
  Sigmoid: (node, [x], { builder }) => builder.add("sigmoid", named(node), [x!], {}),
  Add: (node, [x, y], { builder }) => builder.add("add", named(node), [x!, y!], {}),
  MaxPool: (node, [x], { builder }) => builder.add("maxPool", named(node), [x!], window(node)),
  // The factor stands in a tensor that other steps work out; pyramids double.
  Resize: (node, [x], { builder }) => builder.add("upsample", named(node), [x!], { factor: 2 }),
  Transpose: unchanged,
  Reshape: unchanged,
};

/** How many of its inputs are activations; the others are constants and sizes. */
const ACTIVATIONS: Readonly<Record<string, number>> = { Add: 2 };

/**
 * Imports a network.
 *
 * @param file It reads one image of 3 channels; resizing doubles.
 * @param outputs Values of the file that are wanted, by its names; they keep them.
 * Throws a `RangeError` that names an operation or an attribute that cannot be taken over.
 */
export function importOnnx(
  { nodes, constants, inputs }: ReadOnnx,
  outputs: readonly string[],
): ImportedNetwork {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
  const weights = new Map<string, NdArray>();
  const image = inputs.find((name) => !constants.has(name))!;
  const builder = new GraphBuilder(), done = new Map<string, string>();
  done.set(image, builder.add("input", image, [], { channels: 3 }));
  const constant = (name: string) => {
    const array = constants.get(name);
    if (array === undefined) throw new RangeError(`there is no tensor "${name}"`);
    return array;
  };

  /** The node that stands for a value, added with all that it needs. */
  function translate(value: string): string {
    const known = done.get(value);
    if (known !== undefined) return known;
    const node = makers.get(value);
    if (node === undefined) throw new RangeError(`nothing gives "${value}"`);
    const add = OPS[node.type];
    if (add === undefined) throw new RangeError(`operation "${node.type}" is unknown`);
    const activations = node.inputs.slice(0, ACTIVATIONS[node.type] ?? 1).map(translate);
    const added = add(node, activations, { builder, weights, constant });
    done.set(value, added);
    return added;
  }

  try {
    const named = Object.fromEntries(outputs.map((output) => [output, translate(output)]));
    return { graph: builder.finish(named), weights };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`Cannot import the ONNX model: ${cause.message}`, { cause });
  }
}
