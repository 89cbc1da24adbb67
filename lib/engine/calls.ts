/**
 * The calls of kernels that compute a step, with their arguments.
 *
 * @module
 */
import type { Padding, Shape } from "../graph/graph.ts";
import { sizeOf } from "../numbers/nd_array.ts";
import { aligned } from "./arena.ts";
import type { KernelName } from "./module.ts";
import { type Records, WORD_BYTES } from "./records.ts";
import { type Block, type Convolution, isPointwise, type Single, type Step } from "./steps.ts";

/** A call of a kernel. */
export interface Call {
  readonly kernel: KernelName;
  readonly args: readonly number[];
  /** Name of the last node that it computes. */
  readonly output: string;
}

/**
 * Where constants lie: the packed weights of convolutions by {@linkcode weightKey}, those of other
 * operations by `<weights>/<role>`.
 */
export type Addresses = ReadonlyMap<string, number>;

/** Names the packed weights of a convolution. */
export function weightKey({ node, norm }: Convolution): string {
  return norm ? `${node.weights}*${norm.weights}` : node.weights;
}

/** Bytes of a number in an activation. */
export const FLOAT_BYTES = 4;
/** Kernels may read and write this far past an array. */
export const SLACK_BYTES = 64;

/** Bytes of the rows between two convolutions of a block: they are to stay in the cache. */
const BAND_BYTES = 192 << 10;
/** Bytes of unrolled patches. */
const PATCH_BYTES = 96 << 10;
/** Rows of a register tile. */
const TILE_ROWS = 4;

/** Zeros before the first row or column. */
function padBefore(size: number, kernel: number, stride: number, padding: Padding, side: 0 | 2) {
  if (padding !== "same") return padding[side];
  const total = (Math.ceil(size / stride) - 1) * stride + kernel - size;
  return Math.floor(Math.max(0, total) / 2);
}

/** A window's geometry in the order of the kernels' parameters. */
function windowOf(
  { kernel, stride, padding }: { kernel: number; stride: number; padding: Padding },
  [height, width]: Shape,
) {
  const padTop = padBefore(height, kernel, stride, padding, 0);
  const padLeft = padBefore(width, kernel, stride, padding, 2);
  return [kernel, stride, padTop, padLeft] as const;
}

/** How many rows fit in a cache beside each other, and the bytes that they take. */
interface Band {
  readonly rows: number;
  readonly ringRows: number;
  readonly ringBytes: number;
  readonly bandBytes: number;
}

/** Side of a block's pooling windows; 0 without a pool. */
function poolSide({ pool }: Block): number {
  return pool?.attributes.kernel ?? 0;
}

function bandOf(block: Block, ringRow: Shape, outRow: Shape): Band {
  const { kernel, stride } = block.depthwise!.node.attributes;
  const ringRowBytes = block.first ? ringRow[1] * ringRow[2] * FLOAT_BYTES : 0;
  const outRowBytes = block.last || block.pool ? outRow[1] * outRow[2] * FLOAT_BYTES : 0;
  const fixed = Math.max(0, kernel - stride) * ringRowBytes;
  const perRow = stride * ringRowBytes + outRowBytes;
  const fitting = perRow === 0 ? outRow[0] : Math.floor((BAND_BYTES - fixed) / perRow);
  const side = poolSide(block) || 1;
  const rows = Math.min(outRow[0], Math.max(1, Math.floor(fitting / side)) * side);
  const ringRows = Math.min(ringRow[0], (rows - 1) * stride + kernel);
  return { rows, ringRows, ringBytes: ringRows * ringRowBytes, bandBytes: rows * outRowBytes };
}

/** Buffers that a step needs while it runs, by name. */
type Scratch = Readonly<Record<string, number>>;

function patchesOf(block: Block, input: Shape): { pixels: number; bytes: number } {
  if (!block.first || isPointwise(block.first.node)) return { pixels: 0, bytes: 0 };
  const depth = block.first.node.attributes.kernel ** 2 * input[2];
  const patchBytes = depth * FLOAT_BYTES;
  const pixels = Math.max(1, Math.floor(PATCH_BYTES / patchBytes / TILE_ROWS)) * TILE_ROWS;
  return { pixels, bytes: pixels * patchBytes };
}

/** The buffers that a step needs. */
export function scratchOf(step: Step, shapes: ReadonlyMap<string, Shape>): Scratch {
  const input = shapes.get(step.inputs[0]!)!;
  if (step.op === "groupNorm") {
    const bytes = aligned(input[2] * FLOAT_BYTES + SLACK_BYTES);
    return { centre: bytes, scale: bytes };
  }
  if (step.op !== "block") return {};
  const patches = patchesOf(step, input).bytes;
  if (!step.depthwise) return { patches };
  const { node } = step.depthwise;
  const { ringBytes, bandBytes } = bandOf(
    step,
    shapes.get(node.inputs[0]!)!,
    shapes.get(node.name)!,
  );
  const [, width, channels] = shapes.get(node.inputs[0]!)!;
  return {
    patches,
    ring: ringBytes,
    band: bandBytes,
    table: node.attributes.kernel * WORD_BYTES,
    zeros: width * channels * FLOAT_BYTES,
  };
}

/** What the calls of a step are made from. */
export interface Context {
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly records: Records;
  readonly constants: Addresses;
  /** Address of an activation or of scratch; 0 for what is not there. */
  at(name: string): number;
}

/** Writes the record of a convolution, in the order of `Convolution` in `assembly/block.ts`. */
function convolutionRecord(conv: Convolution | undefined, context: Context): number {
  if (!conv) return 0;
  const { node, clamp } = conv;
  const input = context.shapes.get(node.inputs[0]!)!, output = context.shapes.get(node.name)!;
  const window = windowOf(node.attributes, input);
  return context.records.add(
    [...window, ...input, ...output, context.constants.get(weightKey(conv))!],
    [clamp.low, clamp.high],
  );
}

/** Writes the record of a block, in the order of `Block` in `assembly/block.ts`. */
function blockRecord(block: Block, context: Context): number {
  const { shapes, at } = context, scratch = (name: string) => at(`${block.output}#${name}`);
  const [input, residual] = block.inputs;
  const band = block.depthwise && bandOf(
    block,
    shapes.get(block.depthwise.node.inputs[0]!)!,
    shapes.get(block.depthwise.node.name)!,
  );
  const parts = [block.first, block.depthwise, block.last]
    .map((part) => convolutionRecord(part, context));
  return context.records.add([
    ...parts,
    at(input!),
    at(block.output),
    block.residual ? at(residual!) : 0,
    scratch("ring"),
    band?.ringRows ?? 0,
    scratch("band"),
    band?.rows ?? 0,
    scratch("patches"),
    patchesOf(block, shapes.get(input!)!).pixels,
    scratch("table"),
    scratch("zeros"),
    poolSide(block),
  ]);
}

type KernelCall = readonly [kernel: KernelName, ...args: number[]];

/** What is called to compute a step. Writes the records that the kernels read. */
export function callsOf(step: Step, context: Context): Call[] {
  const calls: KernelCall[] = step.op === "block"
    ? [["runBlock", blockRecord(step, context)]]
    : SINGLES[step.op](step, context);
  return calls.map(([kernel, ...args]) => ({ kernel, args, output: step.output }));
}

const TRUE = 1, FALSE = 0;
/** Instead of the address of what is taken off first. */
const NO_CENTRE = 0;

/** Half-pixel centres, as everywhere in this project. */
function resizeNearest({ inputs, output }: Single, { shapes, at }: Context): KernelCall[] {
  const shape = shapes.get(inputs[0]!)!, [height, width] = shapes.get(output)!;
  // deno-fmt-ignore
  return [["resizeNearest", at(inputs[0]!), at(output), 1, ...shape, height, width, FALSE, TRUE, FALSE]];
}

/** max, min or both of one activation, or of the sum of two. */
function sum({ inputs: [a, b], output, clamp }: Single, { shapes, at }: Context): KernelCall[] {
  const count = sizeOf(shapes.get(output)!);
  return [["add", at(a!), b === undefined ? 0 : at(b), at(output), count, clamp.low, clamp.high]];
}

/** The kernels that compute the other operations. */
const SINGLES: {
  readonly [Op in Single["op"]]: (step: Single, context: Context) => KernelCall[];
} = {
  add: sum,
  relu: sum,
  relu6: sum,
  sigmoid: ({ inputs: [x], output }, { shapes, at }) => [
    ["sigmoid", at(x!), at(output), sizeOf(shapes.get(output)!)],
  ],
  batchNorm: ({ node, inputs: [x], output, clamp }, { shapes, constants, at }) => {
    const [height, width, channels] = shapes.get(output)!;
    const scale = constants.get(`${node.weights}/scale`)!;
    const shift = constants.get(`${node.weights}/shift`)!;
    // deno-fmt-ignore
    return [["scaleShift", at(x!), NO_CENTRE, scale, shift, at(output), height * width, channels, clamp.low,
      clamp.high]];
  },
  groupNorm: ({ node, inputs: [x], output, clamp }, { shapes, constants, at }) => {
    const { groups, epsilon } = node.attributes as { groups: number; epsilon: number };
    const [height, width, channels] = shapes.get(output)!, pixels = height * width;
    const gamma = constants.get(`${node.weights}/gamma`)!;
    const beta = constants.get(`${node.weights}/beta`)!;
    const centre = at(`${output}#centre`), scale = at(`${output}#scale`);
    // deno-fmt-ignore
    return [
      ["groupMoments", at(x!), pixels, channels, groups, gamma, epsilon, centre, scale],
      ["scaleShift", at(x!), centre, scale, beta, at(output), pixels, channels, clamp.low, clamp.high],
    ];
  },
  maxPool: ({ node, inputs: [x], output }, { shapes, at }) => {
    const shape = shapes.get(x!)!, [height, width] = shapes.get(output)!;
    const window = windowOf(node.attributes as Parameters<typeof windowOf>[0], shape);
    return [["maxPool", at(x!), at(output), ...shape, ...window, height, width]];
  },
  concat: ({ inputs, output }, { shapes, at }) => {
    const [height, width, total] = shapes.get(output)!;
    let to = at(output);
    return inputs.map((input): KernelCall => {
      const channels = shapes.get(input)![2], from = to;
      to += channels * FLOAT_BYTES;
      return ["copyChannels", at(input), from, height * width, channels, total];
    });
  },
  upsample: resizeNearest,
  resizeLike: (step, context) => {
    const { method } = step.node.attributes as { method: "bilinear" | "nearest" };
    if (method === "nearest") return resizeNearest(step, context);
    const [x] = step.inputs, { shapes, at } = context;
    const shape = shapes.get(x!)!, [height, width] = shapes.get(step.output)!;
    return [["resizeBilinear", at(x!), at(step.output), ...shape, height, width]];
  },
};
