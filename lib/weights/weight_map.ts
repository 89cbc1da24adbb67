/**
 * Weights as a flat map, and how they are made, matched and counted.
 *
 * @module
 */
import { type NamedWeight, weightsOf } from "../graph/analysis.ts";
import type { Graph } from "../graph/graph.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { sizeOf } from "../numbers/nd_array.ts";
import { Random } from "../numbers/random.ts";

/** Weights by their full name, `<node>/<role>`. */
export type WeightMap = ReadonlyMap<string, NdArray>;

/** Weights do not belong to the network: which are missing, unexpected or of another shape. */
export class WeightsMismatchError extends Error {
  /** Always `"WeightsMismatchError"`. */
  override readonly name = "WeightsMismatchError";

  /**
   * For the library's own use.
   *
   * @param missing Names that the network has and the weights lack.
   * @param unexpected Names that the weights have and the network lacks.
   * @param misshaped One sentence part a weight of the wrong shape.
   */
  constructor(
    readonly missing: readonly string[],
    readonly unexpected: readonly string[],
    readonly misshaped: readonly string[],
  ) {
    const parts = [
      listed("missing", missing),
      listed("unexpected", unexpected),
      listed("of another shape", misshaped),
    ].filter((part) => part !== "");
    super(`Cannot use the weights: they belong to another network (${parts.join("; ")})`);
  }
}

function listed(label: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > 2 ? `, … ` : "";
  return `${names.length} ${label}: ${names.slice(0, 2).map((n) => `"${n}"`).join(", ")}${more}`
    .trimEnd();
}

/**
 * The weights of a graph out of a larger or equal map, checked.
 *
 * @param strict Also refuse weights that the graph does not have. Default `true`.
 * @returns A map in the order of the graph. Throws {@linkcode WeightsMismatchError}.
 */
export function matchWeights(
  graph: Graph,
  weights: WeightMap,
  { strict = true }: { strict?: boolean } = {},
): Map<string, NdArray> {
  const wanted = weightsOf(graph);
  const names = new Set(wanted.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !weights.has(name)).map(({ name }) => name);
  const unexpected = strict ? [...weights.keys()].filter((name) => !names.has(name)) : [];
  const misshaped = wanted.flatMap(({ name, shape }) => {
    const found = weights.get(name)?.shape;
    return found === undefined || found.join() === shape.join()
      ? []
      : [`${name} is [${found}] and not [${shape}]`];
  });
  if (missing.length + unexpected.length + misshaped.length > 0) {
    throw new WeightsMismatchError(missing, unexpected, misshaped);
  }
  return new Map(wanted.map(({ name }) => [name, weights.get(name)!]));
}

/**
 * Fresh weights for a graph. Each tensor draws from its own stream, so adding a layer does not
 * change the others.
 */
export function initialWeights(graph: Graph, seed: number): Map<string, NdArray> {
  return new Map(weightsOf(graph).map((weight) => [weight.name, initialize(weight, seed)]));
}

function initialize(weight: NamedWeight, seed: number): NdArray {
  const draw = drawing(weight, new Random([seed, "weight", weight.name]));
  return { shape: weight.shape, data: Float32Array.from({ length: sizeOf(weight.shape) }, draw) };
}

function drawing({ init, shape, role }: NamedWeight, random: Random): () => number {
  if (typeof init === "number") return () => init;
  // A kernel is [height, width, in, out]; each output of a depthwise one [height, width, channels, 1]
  // reads one channel.
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  const fanIn = height * width * (role === "depthwise_kernel" ? 1 : inputs);
  if (init === "xavierUniform") {
    const limit = Math.sqrt(6 / (fanIn + height * width * outputs));
    return () => random.uniform(-limit, limit);
  }
  const deviation = init === "heNormal" ? Math.sqrt(2 / fanIn) : init.normal;
  return () => deviation * random.normal();
}
