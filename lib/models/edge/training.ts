/**
 * The edge detector with what training needs on top.
 *
 * @module
 */
import type { tf } from "../../deps/tfjs.ts";
import { assignAtss } from "../../geometry/atss.ts";
import { anchorsOf } from "../anchored/anchors.ts";
import { encodeTargets } from "../anchored/targets.ts";
import type { TrainableModel } from "../trainable_model.ts";
import { EDGE_STRIDES, type EdgeConfig, edgeConfig } from "./config.ts";
import { confirmedScores } from "./confirmation.ts";
import { hintNodes } from "./graph.ts";
import { edgeInference } from "./inference.ts";
import { edgeLoss, taughtLoss } from "./loss.ts";

/**
 * What the anchors of one face count at most. A face of 64 pixels has eleven of them, one of 8 pixels
 * has one or two, and a third of the faces are that small.
 */
const MOST_OF_A_FACE = 4;

/**
 * Builds the edge detector for training.
 *
 * @param changes Settings that differ from `EDGE_CONFIG`. Throws a `RangeError` for one that cannot be.
 */
export function edgeTraining(changes?: Readonly<Record<string, unknown>>): TrainableModel {
  const config = edgeConfig(changes);
  const inference = edgeInference(changes);
  const anchors = anchorsOf(EDGE_STRIDES, config.anchors);
  const hints = hintNodes(config), hintNames = Object.keys(hints);
  return {
    ...inference,
    graph: { ...inference.graph, outputs: { ...inference.graph.outputs, ...hints } },
    encodeTargets: (truth, frame) =>
      encodeTargets(truth, anchors(frame), assignAtss, MOST_OF_A_FACE),
    hints: hintNames,
    ...(config.forced
      ? { forced: Object.fromEntries(hintNames.map((name) => [hints[name]!, name])) }
      : {}),
    // YuNet has one place in each cell of the same strides.
    ...(config.anchors.scales.length === 1 ? { encodeAnswer: answerEncoder(config) } : {}),
    loss: (outputs, targets) => {
      const { boxes } = anchors(inference.input.size);
      if (targets.taughtScores) {
        return taughtLoss({
          outputs,
          scores: targets.taughtScores as tf.Tensor2D,
          boxes: targets.taughtBoxes as tf.Tensor3D,
          hints: Object.fromEntries(
            hintNames.map((name) => [name, targets[name] as tf.Tensor4D]),
          ),
          anchors: boxes,
        }, config);
      }
      return edgeLoss({
        outputs,
        labels: targets.labels as tf.Tensor2D,
        boxes: targets.boxes as tf.Tensor3D,
        anchors: boxes,
      }, config);
    },
  };
}

/** What a teacher says as targets; labels have a word in it where the config says so. */
function answerEncoder({ confirmed }: EdgeConfig): NonNullable<TrainableModel["encodeAnswer"]> {
  return (answer, truth) => {
    const { boxes, features } = answer;
    const scores = confirmed ? confirmedScores(answer, truth) : answer.scores;
    return {
      ...features,
      taughtScores: { shape: [scores.length], data: scores },
      taughtBoxes: { shape: [scores.length, 4], data: boxes },
    };
  };
}
