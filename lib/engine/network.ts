/**
 * Runs a graph on a CPU with kernels of our own: no tensors, no other library, no permission.
 *
 * @module
 */
import type { View } from "../geometry/view.ts";
import type { Graph, Node } from "../graph/graph.ts";
import type { Image, Size } from "../image/image.ts";
import type { Normalisation } from "../image/normalise.ts";
import type { Rgb } from "../image/resample.ts";
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";
import { aligned, SLACK_BYTES } from "./arena.ts";
import type { Call } from "./calls.ts";
import { weightKey } from "./chain_records.ts";
import { createMemory, PAGE_BYTES } from "./memory.ts";
import { type Kernels, loadEngineKernels } from "./module.ts";
import { batchNormAffine } from "../graph/batch_norm.ts";
import { packLayer, type WeightOf } from "./pack.ts";
import { type Plan, planNetwork } from "./plan.ts";
import { preprocess } from "./preprocess.ts";
import { type Step, stepsOf } from "./steps.ts";
import { CACHE_BYTES } from "./streams.ts";

/** How the network wants to see a photo. */
export interface EngineInput extends Normalisation {
  /** What lies around a photo that does not fill its frame. */
  readonly fill: Rgb;
}

/** Told how long each call of a kernel took: the last node that it computes, and milliseconds. */
export type OnCall = (call: Call, ms: number) => void;

/** Memory is given back when a plan needs less than this part of it … */
const SHRINK_FACTOR = 4;
/** … and there is more than this. */
const KEPT_BYTES = 64 << 20;

/** A memory and the kernels that work in it. */
interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

/** The arrays of constants that the kernels read, by the names that `calls.ts` knows them by. */
function constantsOf(
  steps: readonly Step[],
  weights: ReadonlyMap<string, NdArray>,
): Map<string, Float32Array> {
  const weightOf: WeightOf = (name) => weights.get(name)!;
  const constants = new Map<string, Float32Array>();
  const once = (key: string, make: () => Float32Array) => {
    if (!constants.has(key)) constants.set(key, make());
  };
  for (const step of steps) {
    if (step.op === "chain") {
      for (const layer of step.layers) once(weightKey(layer), () => packLayer(layer, weightOf));
    } else if (step.op === "batchNorm") {
      const node = step.node as Node<"batchNorm">;
      const { scale, shift } = batchNormAffine(node, weightOf);
      once(`${node.weights}/scale`, () => Float32Array.from(scale));
      once(`${node.weights}/shift`, () => Float32Array.from(shift));
    } else if (step.op === "groupNorm") {
      for (const role of ["gamma", "beta"]) {
        const key = `${step.node.weights}/${role}`;
        once(key, () => weightOf(key).data);
      }
    }
  }
  return constants;
}

/** Where constants lie; address 0 stays free, it means "none". */
function placeConstants(
  constants: ReadonlyMap<string, Float32Array>,
): { addresses: Map<string, number>; end: number } {
  const addresses = new Map<string, number>();
  let end = SLACK_BYTES;
  for (const [key, { byteLength }] of constants) {
    addresses.set(key, end);
    end += aligned(byteLength + SLACK_BYTES);
  }
  return { addresses, end };
}

/** Makes a memory reach to `end`. Throws a `RangeError` when it cannot. */
function growTo(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing <= 0) return;
  try {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
  } catch (cause) {
    const mebibytes = Math.ceil(end / 2 ** 20);
    throw new RangeError(`Cannot run the network: there are no "${mebibytes}" MiB of memory`, {
      cause,
    });
  }
}

/** A graph with weights in a WebAssembly memory, run for one photo at a time. */
export class EngineNetwork implements Disposable {
  /** The graph it runs. */
  readonly graph: Graph;
  readonly #module: WebAssembly.Module;
  readonly #steps: readonly Step[];
  readonly #constants: ReadonlyMap<string, number>;
  /** First byte after the constants. */
  readonly #base: number;
  #machine: Machine | undefined;
  readonly #cacheBytes: number;
  #plan: Plan | undefined;

  /**
   * @param weights All weights of the graph (`matchWeights` checks them); folded and copied.
   * @param module The kernels, see `compileEngine`.
   * @param cacheBytes How much of a chain of layers is computed at a time.
   * Throws an `UnsupportedOpError` when the graph has an operation that the engine does not have.
   */
  constructor(
    graph: Graph,
    weights: ReadonlyMap<string, NdArray>,
    module: WebAssembly.Module,
    cacheBytes = CACHE_BYTES,
  ) {
    this.graph = graph;
    this.#cacheBytes = cacheBytes;
    this.#module = module;
    this.#steps = stepsOf(graph);
    const constants = constantsOf(this.#steps, weights);
    const { addresses, end } = placeConstants(constants);
    this.#constants = addresses;
    this.#base = end;
    this.#machine = startMachine(module, end);
    for (const [key, data] of constants) {
      new Float32Array(this.#machine.memory.buffer, addresses.get(key), data.length).set(data);
    }
  }

  /** Bytes of memory that it holds now. */
  get memoryBytes(): number {
    return this.#machine?.memory.buffer.byteLength ?? 0;
  }

  /**
   * Runs the network on a view of a photo.
   *
   * @returns The outputs by name, `[H, W, C]`.
   * Throws a `RangeError` when there is not enough memory for the view, a `TypeError` when the
   * image's data do not fit its size; it stays usable.
   */
  see(image: Image, view: View, input: EngineInput, onCall?: OnCall): Record<string, NdArray> {
    const { machine, plan } = this.#prepare({ width: view.outWidth, height: view.outHeight });
    preprocess(image, view, input, {
      ...machine,
      input: plan.input.address,
      scratch: plan.end,
      reserve: (end) => growTo(machine.memory, end),
    });
    return run(machine, plan, onCall);
  }

  /**
   * Runs the network on numbers.
   *
   * @param x What the network's input node gives, `[H, W, C]`.
   * @returns The outputs by name, `[H, W, C]`.
   */
  predict({ shape, data }: NdArray, onCall?: OnCall): Record<string, NdArray> {
    const { machine, plan } = this.#prepare({ width: shape[1]!, height: shape[0]! });
    new Float32Array(machine.memory.buffer, plan.input.address, data.length).set(data);
    return run(machine, plan, onCall);
  }

  /** The plan for an input size and memory enough for it. The last plan is kept. */
  #prepare(size: Size): { machine: Machine; plan: Plan } {
    if (!this.#machine) throw new TypeError("Cannot run the network: it is disposed");
    const isSame = size.width === this.#plan?.size.width && size.height === this.#plan.size.height;
    if (isSame) return { machine: this.#machine, plan: this.#plan! };
    const plan = planNetwork(this.graph, this.#steps, {
      size,
      base: this.#base,
      constants: this.#constants,
      cacheBytes: this.#cacheBytes,
    });
    this.#plan = undefined; // should there be too little memory for this one
    if (this.memoryBytes > Math.max(KEPT_BYTES, SHRINK_FACTOR * plan.end)) {
      const constants = new Uint8Array(this.#machine.memory.buffer, 0, this.#base);
      this.#machine = startMachine(this.#module, plan.end);
      new Uint8Array(this.#machine.memory.buffer).set(constants);
    }
    const { memory } = this.#machine;
    growTo(memory, plan.end);
    new Uint8Array(memory.buffer).set(new Uint8Array(plan.records), this.#base);
    this.#plan = plan;
    return { machine: this.#machine, plan };
  }

  /** Frees the memory; the network cannot be used after it. */
  dispose(): void {
    this.#machine = undefined;
    this.#plan = undefined;
  }

  /** Frees the memory at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function startMachine(module: WebAssembly.Module, bytes: number): Machine {
  const memory = createMemory(bytes);
  return { memory, kernels: loadEngineKernels(module, memory) };
}

function run(
  { memory, kernels }: Machine,
  { calls, outputs }: Plan,
  onCall?: OnCall,
): Record<string, NdArray> {
  for (const call of calls) {
    const start = onCall ? performance.now() : 0;
    kernels[call.kernel](...call.args);
    onCall?.(call, performance.now() - start);
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { address, shape }]) => [
      name,
      { shape, data: new Float32Array(memory.buffer, address, sizeOf(shape)).slice() },
    ]),
  );
}
