/**
 * What each operation of a graph is in ONNX.
 *
 * References: onnx/onnx `docs/Operators.md`; `docs/Changelog.md` for the version that brought each.
 *
 * @module
 */
import type { AnyNode, OpAttributes, OpName, Padding, Shape } from "../graph/graph.ts";
import { windowCount } from "../graph/ops.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { transpose } from "../numbers/nd_array.ts";
import type { Attribute } from "./messages.ts";

/** Where a node is written to. Values are `[B, C, H, W]`. */
export interface OpWriter {
  /** Adds an ONNX node. Without a `suffix` its value is the graph's node; with one, a step to it. */
  emit(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    suffix?: string,
  ): string;
  /** Adds a weight of the node, by role, in the layout that `arrange` gives it. */
  weight(role: string, arrange?: (array: NdArray) => NdArray): string;
  /** Adds a tensor of floats. */
  floats(suffix: string, array: NdArray): string;
  /** Adds a list of whole numbers. */
  integers(suffix: string, values: readonly number[]): string;
  /** Shapes of the inputs; their height and width are true only if `sizesAreKnown`. */
  readonly shapes: readonly Shape[];
  /** Shape of the result, likewise. */
  readonly shape: Shape;
  /** Whether the model is for one size of photo. */
  readonly sizesAreKnown: boolean;
  /** Photos at once; `undefined` when that is known only when the model runs. */
  readonly batch: number | undefined;
}

type OnnxOp<Op extends OpName> = (
  inputs: readonly string[],
  attributes: OpAttributes[Op],
  writer: OpWriter,
) => void;

/** The first version of ONNX' operations that has all that is used here (Shape with an end). */
const OPSET = 15;
/** The version that brought DeformConv. */
const DEFORM_CONV_OPSET = 19;

/** The version of ONNX' operations that nodes need; the oldest, so that most runtimes take it. */
export function opsetOf(nodes: readonly AnyNode[]): number {
  return nodes.some(({ op }) => op === "deformConv") ? DEFORM_CONV_OPSET : OPSET;
}

const elementwise = (type: string) => (inputs: readonly string[], _: unknown, writer: OpWriter) =>
  void writer.emit(type, inputs);

const CHANNEL_AXIS = 1;

const ONNX_OPS: { readonly [Op in OpName]: OnnxOp<Op> } = {
  input: () => {
    throw new TypeError(`Cannot write op "input": it is an input of the model`);
  },
  conv: ([x], a, writer) => {
    const weights = [writer.weight("kernel", toOihw), ...(a.bias ? [writer.weight("bias")] : [])];
    writer.emit("Conv", [x!, ...weights], window(a, writer));
  },
  depthwiseConv: ([x], a, writer) => {
    // [height, width, channels, 1] to [channels, 1, height, width]
    const kernel = writer.weight("depthwise_kernel", (array) => transpose(array, [2, 3, 0, 1]));
    writer.emit("Conv", [x!, kernel], { ...window(a, writer), group: writer.shape[2] });
  },
  deformConv: ([x, offsets], a, writer) => {
    const weights = [writer.weight("kernel", toOihw), ...(a.bias ? [writer.weight("bias")] : [])];
    const [kernel, ...bias] = weights;
    const attributes = window(a, writer);
    if ("auto_pad" in attributes) {
      throw new RangeError(
        `Cannot write a deformable convolution for any size: its padding is "${a.padding}", ` +
          "which depends on the size",
      );
    }
    writer.emit("DeformConv", [x!, kernel!, offsets!, ...bias], attributes);
  },
  maxPool: ([x], a, writer) => void writer.emit("MaxPool", [x!], window(a, writer)),
  batchNorm: ([x], { epsilon }, writer) => {
    const weights = ["gamma", "beta", "moving_mean", "moving_variance"]
      .map((role) => writer.weight(role));
    writer.emit("BatchNormalization", [x!, ...weights], { epsilon: { real: epsilon } });
  },
  groupNorm: writeGroupNorm,
  relu: elementwise("Relu"),
  relu6: ([x], _, writer) => {
    const scalar = (suffix: string, value: number) =>
      writer.floats(suffix, { shape: [], data: Float32Array.of(value) });
    writer.emit("Clip", [x!, scalar("/min", 0), scalar("/max", 6)]);
  },
  sigmoid: elementwise("Sigmoid"),
  add: elementwise("Add"),
  concat: (inputs, _, writer) => void writer.emit("Concat", inputs, { axis: CHANNEL_AXIS }),
  upsample: ([x], { factor }, writer) => {
    const scales = { shape: [4], data: Float32Array.of(1, 1, factor, factor) };
    writer.emit("Resize", [x!, NONE, writer.floats("/scales", scales)], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
  },
  resizeLike: ([x, like], { method }, writer) => {
    const mode = method === "bilinear" ? "linear" : "nearest";
    writer.emit("Resize", [x!, NONE, NONE, sizesLike(x!, like!, writer)], {
      mode,
      coordinate_transformation_mode: "half_pixel",
      // The pixel whose area the centre lies in; a centre on a border belongs to the one after it.
      ...(mode === "nearest" ? { nearest_mode: "round_prefer_ceil" } : {}),
    });
  },
};

/** An input that is left out. */
const NONE = "";

/** A kernel `[height, width, in, out]` as `[out, in, height, width]`. */
function toOihw(array: NdArray): NdArray {
  return transpose(array, [3, 2, 0, 1]);
}

/** ONNX has no group norm for channels' own scales before version 21, but one for whole instances. */
function writeGroupNorm(
  [x]: readonly string[],
  { groups, epsilon }: OpAttributes["groupNorm"],
  writer: OpWriter,
): void {
  const [height, width, channels] = writer.shape;
  const all = (value: number) => ({ shape: [groups], data: new Float32Array(groups).fill(value) });
  const byChannel = ({ data }: NdArray): NdArray => ({ shape: [channels, 1, 1], data });
  // In a reshape 0 stands for the same length as before, −1 for what is left.
  const grouped = writer.emit(
    "Reshape",
    [x!, writer.integers("/groups", [0, groups, -1])],
    {},
    "/grouped",
  );
  const ones = [writer.floats("/ones", all(1)), writer.floats("/zeros", all(0))];
  const normed = writer.emit("InstanceNormalization", [grouped, ...ones], {
    epsilon: { real: epsilon },
  }, "/normalised");
  const shape = writer.sizesAreKnown
    ? writer.integers("/shape", [0, channels, height, width])
    : writer.emit("Shape", [x!], {}, "/shape");
  const ungrouped = writer.emit("Reshape", [normed, shape], {}, "/ungrouped");
  const scaled = writer.emit("Mul", [ungrouped, writer.weight("gamma", byChannel)], {}, "/scaled");
  writer.emit("Add", [scaled, writer.weight("beta", byChannel)]);
}

/** `[B, C, H, W]` of `x` at the size of `like`. */
function sizesLike(x: string, like: string, writer: OpWriter): string {
  const { batch, sizesAreKnown, shape: [height, width, channels] } = writer;
  if (batch !== undefined && sizesAreKnown) {
    return writer.integers("/sizes", [batch, channels, height, width]);
  }
  const parts = [
    writer.emit("Shape", [x], { start: 0, end: 2 }, "/batch_and_channels"),
    writer.emit("Shape", [like], { start: 2, end: 4 }, "/height_and_width"),
  ];
  return writer.emit("Concat", parts, { axis: 0 }, "/sizes");
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Attributes that all sliding windows have. */
function window(a: Window, writer: OpWriter): Record<string, Attribute> {
  const { kernel, stride } = a;
  return { kernel_shape: [kernel, kernel], strides: [stride, stride], ...padding(a, writer) };
}

/**
 * Zeros before and after the rows and columns. TensorFlow's "same" depends on the size where windows
 * jump; ONNX' `SAME_UPPER` is the same rule, but many runtimes lack it, hence only where it must be.
 */
function padding(a: Window, { shapes, sizesAreKnown }: OpWriter): Record<string, Attribute> {
  if (a.padding !== "same") {
    const [top, bottom, left, right] = a.padding;
    return { pads: [top, left, bottom, right] };
  }
  if (a.stride > 1 && a.kernel > 1 && !sizesAreKnown) return { auto_pad: "SAME_UPPER" };
  const [height, width] = shapes[0]!;
  const [top, bottom] = samePadding(height, a);
  const [left, right] = samePadding(width, a);
  return { pads: [top, left, bottom, right] };
}

/** TensorFlow's "same" along one axis: an odd rest goes behind. */
function samePadding(size: number, { kernel, stride }: Window): [before: number, after: number] {
  const covered = (windowCount(size, kernel, stride, "same", "height") - 1) * stride + kernel;
  const total = Math.max(0, covered - size), before = Math.floor(total / 2);
  return [before, total - before];
}

/** Writes one node. `inputs` are the names of the values it reads, `[B, C, H, W]`. */
export function writeNode(node: AnyNode, inputs: readonly string[], writer: OpWriter): void {
  (ONNX_OPS[node.op] as OnnxOp<OpName>)(inputs, node.attributes, writer);
}
