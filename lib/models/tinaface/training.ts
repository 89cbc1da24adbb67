/**
 * TinaFace and its relatives with what training needs on top.
 *
 * @module
 */
import type { tf } from "../../deps/tfjs.ts";
import { ASSIGNERS } from "../../geometry/assigner.ts";
import { anchorsOf } from "../anchored/anchors.ts";
import { encodeTargets } from "../anchored/targets.ts";
import type { TrainableModel } from "../trainable_model.ts";
import { stridesOf, tinafaceConfig } from "./config.ts";
import { tinafaceInference, type TinafacePreset } from "./inference.ts";
import { tinafaceLoss } from "./loss.ts";

/**
 * Builds a TinaFace for training.
 *
 * @param changes Settings that differ from the preset. Throws a `RangeError` for one that cannot be.
 */
export function tinafaceTraining(
  preset: TinafacePreset,
  changes?: Readonly<Record<string, unknown>>,
): TrainableModel {
  const config = tinafaceConfig(preset.name, preset.config, changes);
  const inference = tinafaceInference(preset, changes);
  const anchors = anchorsOf(stridesOf(config), config.anchors);
  const assign = ASSIGNERS[config.assigner];
  const frame = inference.input.size;
  return {
    ...inference,
    encodeTargets: (truth, size) =>
      encodeTargets(truth, anchors(size), (input) => assign(input, config.positiveIou)),
    loss: (outputs, targets) =>
      tinafaceLoss({
        outputs,
        labels: targets.labels as tf.Tensor2D,
        boxes: targets.boxes as tf.Tensor3D,
        anchors: anchors(frame).boxes,
        frame,
      }, config),
  };
}
