/**
 * The calls of kernels that compute a step, with their arguments.
 *
 * @module
 */
import { sizeOf } from "../numbers/nd_array.ts";
import { aligned, FLOAT_BYTES, SLACK_BYTES } from "./arena.ts";
import { chainRecord, chainScratch } from "./chain_records.ts";
import { type Context, type Scratch, scratchKey } from "./context.ts";
import type { KernelName } from "./module.ts";
import type { Single } from "./steps.ts";
import type { SizedStep } from "./streams.ts";
import { windowOf } from "./windows.ts";

/** A call of a kernel. */
export interface Call {
  readonly kernel: KernelName;
  readonly args: readonly number[];
  /** Name of the last node that it computes. */
  readonly output: string;
}

/** The buffers that a step needs. */
export function scratchOf(step: SizedStep, shapes: Context["shapes"]): Scratch {
  switch (step.op) {
    case "chain":
      return chainScratch(step, shapes);
    case "groupNorm": {
      const bytes = aligned(shapes.get(step.output)![2] * FLOAT_BYTES + SLACK_BYTES);
      return { centre: bytes, scale: bytes };
    }
    default:
      return {};
  }
}

type KernelCall = readonly [kernel: KernelName, ...args: number[]];

/** What is called to compute a step. Writes the records that the kernels read. */
export function callsOf(step: SizedStep, context: Context): Call[] {
  const calls: KernelCall[] = step.op === "chain"
    ? [["runChain", chainRecord(step, context)]]
    : SINGLES[step.op](step, context);
  return calls.map(([kernel, ...args]) => ({ kernel, args, output: step.output }));
}

const TRUE = 1, FALSE = 0;
/** Instead of the address of what is taken off first. */
const NO_CENTRE = 0;
/** Instead of the address of what is added. */
const NO_ADDEND = 0;

/** Half-pixel centres, as everywhere in this project. */
function resizeNearest({ inputs, output }: Single, { shapes, at }: Context): KernelCall[] {
  const shape = shapes.get(inputs[0]!)!, [height, width] = shapes.get(output)!;
  // deno-fmt-ignore
  return [["resizeNearest", at(inputs[0]!), at(output), 1, ...shape, height, width, FALSE, TRUE, FALSE]];
}

/** max, min or both. */
function clamped({ inputs: [x], output, clamp }: Single, { shapes, at }: Context): KernelCall[] {
  const count = sizeOf(shapes.get(output)!);
  return [["add", at(x!), NO_ADDEND, at(output), count, clamp.low, clamp.high]];
}

/** The kernels that compute the other operations. */
const SINGLES: {
  readonly [Op in Single["op"]]: (step: Single, context: Context) => KernelCall[];
} = {
  relu: clamped,
  relu6: clamped,
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
    const centre = at(scratchKey(output, "centre")), scale = at(scratchKey(output, "scale"));
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
