/**
 * What each operation means to everyone who does not compute it: the weights it owns, the shape it
 * gives, the work it does. What it computes is the executors' (`lib/executors/`).
 *
 * @module
 */
import type { AnyNode, Initializer, OpAttributes, OpName, Padding, Shape } from "./graph.ts";

/** One tensor of weights that a node owns. */
export interface WeightSpec {
  /** What it is to the node, in Keras' names: `kernel`, `bias`, `gamma`, `moving_mean`, … */
  readonly role: string;
  /** Kernels are `[height, width, in, out]`, depthwise ones `[height, width, channels, 1]`. */
  readonly shape: readonly number[];
  /** How it starts. */
  readonly init: Initializer;
  /** `learned` by gradient; `decayed` as well, that is with L2 on top; or `averaged` over batches. */
  readonly kind: "learned" | "decayed" | "averaged";
}

/** Meaning of one operation. */
export interface OpDefinition<Op extends OpName> {
  /** Fewest and most inputs. */
  readonly arity: readonly [number, number];
  /** Shape of the result, from the shapes of the inputs. */
  shape(attributes: OpAttributes[Op], inputs: readonly Shape[]): Shape;
  /** The weights it owns. None by default. */
  weights?(attributes: OpAttributes[Op], inputs: readonly Shape[]): WeightSpec[];
  /** Multiply-adds for one image. None by default. */
  multiplyAdds?(attributes: OpAttributes[Op], inputs: readonly Shape[], output: Shape): number;
}

/** How many places a window takes along one axis. */
export function windowCount(
  size: number,
  kernel: number,
  stride: number,
  padding: Padding,
  axis: "height" | "width",
): number {
  if (padding === "same") return Math.ceil(size / stride);
  const [before, after] = axis === "height" ? [padding[0], padding[1]] : [padding[2], padding[3]];
  return Math.floor((size + before + after - kernel) / stride) + 1;
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

function slide(
  { kernel, stride, padding }: Window,
  [height, width]: Shape,
  channels: number,
): Shape {
  return [
    windowCount(height, kernel, stride, padding, "height"),
    windowCount(width, kernel, stride, padding, "width"),
    channels,
  ];
}

/** The weights of a convolution; the input that it convolves comes first. */
function convWeights(
  { kernel, filters, bias, init = { kernel: "heNormal" } }: Omit<
    OpAttributes["conv"],
    "stride" | "padding"
  >,
  inputs: readonly Shape[],
): WeightSpec[] {
  const shape = [kernel, kernel, only(inputs)[2], filters];
  const weights: WeightSpec[] = [{ role: "kernel", shape, init: init.kernel, kind: "decayed" }];
  if (bias) weights.push({ role: "bias", shape: [filters], init: init.bias ?? 0, kind: "learned" });
  return weights;
}

/** Scale and shift by channel, as every normalisation learns them. */
function affineWeights(inputs: readonly Shape[]): WeightSpec[] {
  const shape = [only(inputs)[2]];
  return [
    { role: "gamma", shape, init: 1, kind: "learned" },
    { role: "beta", shape, init: 0, kind: "learned" },
  ];
}

/** Multiply-adds of bilinear sampling, a channel. */
const BILINEAR_TAPS = 4;

const only = (inputs: readonly Shape[]): Shape => inputs[0]!;

const elementwise = {
  arity: [1, 1],
  shape: (_: unknown, inputs: readonly Shape[]) => only(inputs),
} as const;

/** The operations by name. */
export const OPS: { readonly [Op in OpName]: OpDefinition<Op> } = {
  input: { arity: [0, 0], shape: ({ channels }) => [0, 0, channels] },
  conv: {
    arity: [1, 1],
    shape: (a, inputs) => slide(a, only(inputs), a.filters),
    weights: convWeights,
    multiplyAdds: ({ kernel }, inputs, [h, w, c]) => h * w * c * kernel ** 2 * only(inputs)[2],
  },
  depthwiseConv: {
    arity: [1, 1],
    shape: (a, inputs) => slide(a, only(inputs), only(inputs)[2]),
    weights: ({ kernel }, inputs) => [
      {
        role: "depthwise_kernel",
        shape: [kernel, kernel, only(inputs)[2], 1],
        init: "heNormal",
        kind: "decayed",
      },
    ],
    multiplyAdds: ({ kernel }, _, [h, w, c]) => h * w * c * kernel ** 2,
  },
  deformConv: {
    arity: [2, 2],
    shape: (a, [x, offsets]) => {
      const shape = slide(a, x!, a.filters);
      const wanted = [shape[0], shape[1], 2 * a.kernel ** 2];
      if (offsets!.join() !== wanted.join()) {
        throw new TypeError(
          `Cannot deform a convolution: offsets are "${offsets}", expected "${wanted}"`,
        );
      }
      return shape;
    },
    weights: convWeights,
    multiplyAdds: ({ kernel }, inputs, [h, w, c]) =>
      h * w * kernel ** 2 * only(inputs)[2] * (c + BILINEAR_TAPS),
  },
  maxPool: { arity: [1, 1], shape: (a, inputs) => slide(a, only(inputs), only(inputs)[2]) },
  batchNorm: {
    ...elementwise,
    weights: (_, inputs) => {
      const shape = [only(inputs)[2]];
      return [
        ...affineWeights(inputs),
        { role: "moving_mean", shape, init: 0, kind: "averaged" },
        { role: "moving_variance", shape, init: 1, kind: "averaged" },
      ];
    },
    multiplyAdds: (_, __, [h, w, c]) => h * w * c,
  },
  groupNorm: {
    ...elementwise,
    shape: ({ groups }, inputs) => {
      const shape = only(inputs);
      if (shape[2] % groups !== 0) {
        throw new RangeError(
          `Cannot normalise in groups: "${shape[2]}" channels do not make "${groups}" groups`,
        );
      }
      return shape;
    },
    weights: (_, inputs) => affineWeights(inputs),
    multiplyAdds: (_, __, [h, w, c]) => h * w * c,
  },
  relu: elementwise,
  relu6: elementwise,
  sigmoid: elementwise,
  add: {
    arity: [2, 2],
    shape: (_, inputs) => {
      if (inputs[0]!.join() !== inputs[1]!.join()) {
        throw new TypeError(`Cannot add activations: shapes are "${inputs[0]}" and "${inputs[1]}"`);
      }
      return only(inputs);
    },
  },
  concat: {
    arity: [2, Infinity],
    shape: (_, inputs) => {
      const [height, width] = only(inputs);
      if (inputs.some(([h, w]) => h !== height || w !== width)) {
        throw new TypeError(
          `Cannot concatenate activations: shapes are "${inputs.join('", "')}"`,
        );
      }
      return [height, width, inputs.reduce((sum, [, , channels]) => sum + channels, 0)];
    },
  },
  upsample: {
    arity: [1, 1],
    shape: ({ factor }, inputs) => {
      const [height, width, channels] = only(inputs);
      return [height * factor, width * factor, channels];
    },
  },
  resizeLike: {
    arity: [2, 2],
    shape: (_, [x, like]) => [like![0], like![1], x![2]],
    multiplyAdds: ({ method }, _, [h, w, c]) =>
      method === "nearest" ? 0 : BILINEAR_TAPS * h * w * c,
  },
};

/** The definition of a node's operation, with its type forgotten along with the node's. */
export function definitionOf(node: AnyNode): OpDefinition<OpName> {
  return OPS[node.op] as OpDefinition<OpName>;
}
