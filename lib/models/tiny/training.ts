/**
 * The tiny detector with what training needs on top.
 *
 * @module
 */
import type { tf } from "../../deps/tfjs.ts";
import type { TrainableModel } from "../trainable_model.ts";
import { tinyConfig } from "./config.ts";
import { encodeGrid } from "./grid.ts";
import { tinyInference } from "./inference.ts";
import { gridLoss } from "./loss.ts";

/**
 * Builds the tiny detector for training.
 *
 * @param changes Settings that differ from `TINY_CONFIG`. Throws a `RangeError` for one that cannot be.
 */
export function tinyTraining(changes?: Readonly<Record<string, unknown>>): TrainableModel {
  const { gridSize, boxLoss } = tinyConfig(changes);
  return {
    ...tinyInference(changes),
    encodeTargets: (truth, frame) => ({ grid: encodeGrid(truth, frame, gridSize) }),
    loss: (outputs, targets) =>
      gridLoss(outputs.grid as tf.Tensor4D, targets.grid as tf.Tensor4D, boxLoss),
  };
}
