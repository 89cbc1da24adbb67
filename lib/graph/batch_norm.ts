/**
 * What a batch norm does once its averages stay as they are.
 *
 * @module
 */
import type { NdArray } from "../numbers/nd_array.ts";
import type { Node } from "./graph.ts";

/** y = x · scale + shift by channel. */
export interface Affine {
  /** What a channel is multiplied by. */
  readonly scale: Float64Array;
  /** What is added to it after that. */
  readonly shift: Float64Array;
}

/** y = γ · (x − μ) / √(σ² + ε) + β by channel. `weightOf` gives a weight by its full name. */
export function batchNormAffine(
  node: Node<"batchNorm">,
  weightOf: (name: string) => NdArray,
): Affine {
  const role = (name: string) => weightOf(`${node.weights}/${name}`).data;
  const gamma = role("gamma"), beta = role("beta");
  const mean = role("moving_mean"), variance = role("moving_variance");
  const scale = Float64Array.from(
    gamma,
    (value, c) => value / Math.sqrt(variance[c]! + node.attributes.epsilon),
  );
  return { scale, shift: Float64Array.from(beta, (value, c) => value - mean[c]! * scale[c]!) };
}
