/**
 * Everything about running a network at one input size: where activations lie, and which kernel is
 * called with which numbers, one after the other.
 *
 * @module
 */
import { inferShapes } from "../graph/analysis.ts";
import type { Graph, Padding, Shape } from "../graph/graph.ts";
import type { Size } from "../image/image.ts";
import { sizeOf } from "../numbers/nd_array.ts";
import { aligned, type Lifetime, planArena } from "./arena.ts";
import type { KernelName } from "./module.ts";
import { type Block, type Convolution, isPointwise, type Single, type Step } from "./steps.ts";

/** A call of a kernel. */
export interface Call {
  readonly kernel: KernelName;
  readonly args: readonly number[];
  /** Name of the last node that it computes. */
  readonly output: string;
}

/** An activation in memory. */
export interface Place {
  readonly address: number;
  readonly shape: Shape;
}

/** A network at one input size. */
export interface Plan {
  /** The size of the input. */
  readonly size: Size;
  /** Records for the kernels, to be copied to address `base`. */
  readonly records: ArrayBuffer;
  readonly calls: readonly Call[];
  /** The network's input. */
  readonly input: Place;
  /** Its outputs by name. */
  readonly outputs: Readonly<Record<string, Place>>;
  /** First byte after everything. */
  readonly end: number;
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

const FLOAT_BYTES = 4;
const WORD_BYTES = 4;
/** Kernels may read and write this far past an array. */
export const SLACK_BYTES = 64;

/** How far WebAssembly's 32-bit addresses reach. */
const MAX_BYTES = 2 ** 32;

/** Bytes of the rows between two convolutions of a block: they are to stay in the cache. */
const BAND_BYTES = 192 << 10;
/** Bytes of unrolled patches. */
const PATCH_BYTES = 96 << 10;
/** Rows of a register tile. */
const TILE_ROWS = 6;

/** Writes records of 32-bit numbers one after the other. */
class Records {
  #words: number[] = [];
  #floats = new Set<number>();
  readonly #base: number;

  constructor(base: number) {
    this.#base = base;
  }

  /** Appends a record. Floats go in as they are, integers as such. Returns its address. */
  add(integers: readonly number[], floats: readonly number[] = []): number {
    const address = this.#base + this.#words.length * WORD_BYTES;
    this.#words.push(...integers);
    for (const value of floats) {
      this.#floats.add(this.#words.length);
      this.#words.push(value);
    }
    return address;
  }

  get bytes(): number {
    return this.#words.length * WORD_BYTES;
  }

  buffer(): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(this.bytes));
    this.#words.forEach((word, i) => {
      if (this.#floats.has(i)) view.setFloat32(i * WORD_BYTES, word, true);
      else view.setInt32(i * WORD_BYTES, word, true);
    });
    return view.buffer;
  }
}

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

function bandOf(block: Block, ringRow: Shape, outRow: Shape): Band {
  const { kernel, stride } = block.depthwise!.node.attributes;
  const ringRowBytes = block.first ? ringRow[1] * ringRow[2] * FLOAT_BYTES : 0;
  const outRowBytes = block.last ? outRow[1] * outRow[2] * FLOAT_BYTES : 0;
  const fixed = Math.max(0, kernel - stride) * ringRowBytes;
  const perRow = stride * ringRowBytes + outRowBytes;
  const fitting = perRow === 0 ? outRow[0] : Math.floor((BAND_BYTES - fixed) / perRow);
  const rows = Math.min(outRow[0], Math.max(1, fitting));
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

function scratchOf(step: Step, shapes: ReadonlyMap<string, Shape>): Scratch {
  const input = shapes.get(step.inputs[0]!)!;
  if (step.op === "groupNorm") {
    const bytes = aligned(input[2] * FLOAT_BYTES + SLACK_BYTES);
    return { scale: bytes, shift: bytes };
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

/**
 * Lays a network out for an input size.
 *
 * @param base Address from which memory is free. Throws a `RangeError` when there is not enough.
 */
export function planNetwork(
  graph: Graph,
  steps: readonly Step[],
  { size, base, constants }: { size: Size; base: number; constants: Addresses },
): Plan {
  const shapes = inferShapes(graph, size);
  const image = graph.nodes[0]!.name;

  // Who lives when: activations by name, and the scratch of each step.
  const readAt = new Map<string, number>();
  steps.forEach(({ inputs }, i) => inputs.forEach((input) => readAt.set(input, i)));
  for (const name of Object.values(graph.outputs)) readAt.set(name, steps.length);
  const keys: string[] = [], lifetimes: Lifetime[] = [];
  const live = (key: string, bytes: number, from: number, to: number) => {
    if (bytes === 0) return;
    keys.push(key);
    lifetimes.push({ bytes: bytes + SLACK_BYTES, from, to });
  };
  const bytesOf = (name: string) => sizeOf(shapes.get(name)!) * FLOAT_BYTES;
  live(image, bytesOf(image), -1, readAt.get(image) ?? 0);
  steps.forEach((step, i) => {
    live(step.output, bytesOf(step.output), i, readAt.get(step.output) ?? i);
    for (const [name, bytes] of Object.entries(scratchOf(step, shapes))) {
      live(`${step.output}#${name}`, bytes, i, i);
    }
  });
  const arena = planArena(lifetimes);

  // The records come first; how many bytes they take does not depend on where they are.
  const layOut = (recordBytes: number) => {
    const arenaBase = aligned(base + recordBytes);
    const addresses = new Map(keys.map((key, i) => [key, arenaBase + arena.offsets[i]!]));
    const records = new Records(base);
    const context: Context = {
      shapes,
      records,
      constants,
      at: (name) => addresses.get(name) ?? 0,
    };
    const calls = steps.flatMap((step) => callsOf(step, context));
    return { records, calls, context, end: arenaBase + arena.bytes + SLACK_BYTES };
  };
  const { bytes } = layOut(0).records;
  const { records, calls, context, end } = layOut(bytes);
  if (end > MAX_BYTES) {
    throw new RangeError(
      `Cannot run the network on ${size.width}x${size.height}: it takes more than 4 GiB of memory`,
    );
  }
  const place = (name: string): Place => ({ address: context.at(name), shape: shapes.get(name)! });
  return {
    size,
    records: records.buffer(),
    calls,
    input: place(image),
    outputs: Object.fromEntries(
      Object.entries(graph.outputs).map(([output, name]) => [output, place(name)]),
    ),
    end,
  };
}

/** What the calls of a step are made from. */
interface Context {
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
  ]);
}

type KernelCall = readonly [kernel: KernelName, ...args: number[]];

function callsOf(step: Step, context: Context): Call[] {
  const calls: KernelCall[] = step.op === "block"
    ? [["runBlock", blockRecord(step, context)]]
    : SINGLES[step.op](step, context);
  return calls.map(([kernel, ...args]) => ({ kernel, args, output: step.output }));
}

const TRUE = 1, FALSE = 0;

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
    return [["scaleShift", at(x!), scale, shift, at(output), height * width, channels, clamp.low,
      clamp.high]];
  },
  groupNorm: ({ node, inputs: [x], output, clamp }, { shapes, constants, at }) => {
    const { groups, epsilon } = node.attributes as { groups: number; epsilon: number };
    const [height, width, channels] = shapes.get(output)!, pixels = height * width;
    const gamma = constants.get(`${node.weights}/gamma`)!;
    const beta = constants.get(`${node.weights}/beta`)!;
    const scale = at(`${output}#scale`), shift = at(`${output}#shift`);
    // deno-fmt-ignore
    return [
      ["groupMoments", at(x!), pixels, channels, groups, gamma, beta, epsilon, scale, shift],
      ["scaleShift", at(x!), scale, shift, at(output), pixels, channels, clamp.low, clamp.high],
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
