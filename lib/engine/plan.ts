/**
 * Everything about running a network at one input size: where activations lie, and which kernel is
 * called with which numbers, one after the other.
 *
 * @module
 */
import { inferShapes } from "../graph/analysis.ts";
import type { Graph, Shape } from "../graph/graph.ts";
import type { Size } from "../image/image.ts";
import { sizeOf } from "../numbers/nd_array.ts";
import { aligned, FLOAT_BYTES, type Lifetime, planArena, SLACK_BYTES } from "./arena.ts";
import { type Call, callsOf, scratchOf } from "./calls.ts";
import { type Addresses, type Context, scratchKey } from "./context.ts";
import { Records } from "./records.ts";
import type { Step } from "./steps.ts";
import { sizedSteps } from "./streams.ts";

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

/** How far WebAssembly's 32-bit addresses reach. */
const MAX_BYTES = 2 ** 32;

/**
 * Lays a network out for an input size.
 *
 * @param base Address from which memory is free. Throws a `RangeError` when there is not enough.
 */
export function planNetwork(
  graph: Graph,
  stepsOfAnySize: readonly Step[],
  { size, base, constants, cacheBytes }: {
    size: Size;
    base: number;
    constants: Addresses;
    cacheBytes: number;
  },
): Plan {
  const shapes = inferShapes(graph, size);
  const steps = sizedSteps(stepsOfAnySize, shapes, cacheBytes);
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
      live(scratchKey(step.output, name), bytes, i, i);
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
