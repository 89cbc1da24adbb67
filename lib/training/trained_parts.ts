/**
 * Which parts of a model a training changes.
 *
 * @module
 */
import type { TrainableModel } from "../models/trainable_model.ts";

/**
 * The parts of a model that are not frozen.
 *
 * Throws a `RangeError` when a frozen part is not there, or nothing is left to train.
 */
export function trainedParts(
  { name, graph }: Pick<TrainableModel, "name" | "graph">,
  frozen: readonly string[],
): string[] {
  const parts = [...new Set(graph.nodes.map(({ part }) => part))];
  const unknown = frozen.find((part) => !parts.includes(part));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot freeze part "${unknown}": model "${name}" has "${parts.join('", "')}"`,
    );
  }
  const trained = parts.filter((part) => !frozen.includes(part));
  if (trained.length === 0) throw new RangeError("Cannot train: all parts are frozen");
  return trained;
}
