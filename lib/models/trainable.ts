/**
 * The detectors by name, for training them.
 *
 * @module
 */
import { edgeTraining } from "./edge/training.ts";
import { assertModelName, type ModelName, TINAFACES } from "./registry.ts";
import { tinafaceTraining } from "./tinaface/training.ts";
import { tinyTraining } from "./tiny/training.ts";
import type { TrainableModel } from "./trainable_model.ts";

const TRAINABLE: {
  readonly [M in ModelName]: (changes?: Readonly<Record<string, unknown>>) => TrainableModel;
} = {
  "edge": edgeTraining,
  "tiny": tinyTraining,
  "tinaface": (changes) => tinafaceTraining(TINAFACES["tinaface"], changes),
  "tinaface-lite": (changes) => tinafaceTraining(TINAFACES["tinaface-lite"], changes),
};

/**
 * Builds a detector for training by name.
 *
 * @param changes Settings that differ from the model's defaults.
 * Throws a `RangeError` for an unknown name or setting.
 */
export function trainableModel(
  name: string,
  changes?: Readonly<Record<string, unknown>>,
): TrainableModel {
  assertModelName(name);
  return TRAINABLE[name](changes);
}
