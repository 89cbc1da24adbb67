/**
 * The loss of the edge detector: one score that says both whether there is a face and how well its
 * box fits, and the box.
 *
 * Reference: varifocal loss (Zhang et al. 2021, arXiv 2008.13367); DIoU of decoded boxes. Sums are divided by what the anchors on faces count. NOTE: the score's target
 * is the root of the IoU, the geometric mean of "it is a face" and "the box fits", as YuNet scores:
 * boxes of ten pixels reach an IoU of 0.5, and with that as a target their faces drown in background.
 *
 * @module
 */
import { tf } from "../../deps/tfjs.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import { diouLoss, pairwiseIou } from "../../losses/boxes.ts";
import { crossEntropy, varifocalLoss } from "../../losses/focal.ts";
import { corners, detached, joinLevels, predictedCorners } from "../anchored/outputs.ts";
import { EDGE_STRIDES, type EdgeConfig } from "./config.ts";

/** What the heads said and should have said; A anchors. */
export interface EdgeLossInput {
  /** Heads' outputs by name, `[B, H, W, …]`. */
  readonly outputs: Readonly<Record<string, tf.Tensor>>;
  /** `[B, A]`, see `encodeTargets`. */
  readonly labels: tf.Tensor2D;
  /** `[B, A, 4]`, pixels. */
  readonly boxes: tf.Tensor3D;
  /** The anchors, `4 · A` numbers. */
  readonly anchors: Boxes;
}

/** What background counts. The paper's 0.75 less what faces count less here, see `training.ts`. */
const ALPHA = 0.45;

/** Terms of the loss. Run it in a `tf.tidy`. */
export function edgeLoss(
  { outputs, labels, boxes, anchors }: EdgeLossInput,
  { lossWeights }: EdgeConfig,
): Record<"cls" | "box", tf.Scalar> {
  const levels = EDGE_STRIDES.length;
  const cls = joinLevels(outputs, "cls", levels, 1), reg = joinLevels(outputs, "reg", levels, 4);
  const positive = tf.cast(tf.greater(labels, 0), "float32"), weight = tf.relu(labels);
  const background = tf.cast(tf.equal(labels, 0), "float32");
  const normaliser = tf.maximum(tf.sum(weight), 1);
  const term = (loss: tf.Tensor, counted: tf.Tensor, lossWeight: number) =>
    tf.mul(tf.div(tf.sum(tf.mul(loss, counted)), normaliser), lossWeight) as tf.Scalar;

  const truth = corners(boxes), found = predictedCorners(reg, anchors, "deltas");
  // Where no face is, the target is an empty box; what it gives is masked, and must only be finite.
  const quality = tf.mul(tf.sqrt(pairwiseIou(detached(found), truth)), positive);
  return {
    cls: term(
      varifocalLoss(cls, quality, positive, ALPHA),
      tf.add(weight, background),
      lossWeights.cls,
    ),
    box: term(diouLoss(found, truth), weight, lossWeights.box),
  };
}

/** What the heads said, and what a teacher says in their place. */
export interface TaughtLossInput extends Pick<EdgeLossInput, "outputs" | "anchors"> {
  /** `[B, A]`, how sure the teacher is of a face, 0 to 1. */
  readonly scores: tf.Tensor2D;
  /** `[B, A, 4]`, its boxes, pixels. */
  readonly boxes: tf.Tensor3D;
}

/** From this score on a teacher's box is worth learning. */
const SURE_ENOUGH = 0.05;

/**
 * Terms of the loss where a teacher speaks: to score every place as it does, and to box faces as it
 * does. A place counts by the teacher's score, and by how far the two scores lie apart. Run it in a
 * `tf.tidy`.
 */
export function taughtLoss(
  { outputs, scores, boxes, anchors }: TaughtLossInput,
  { lossWeights }: EdgeConfig,
): Record<"cls" | "box", tf.Scalar> {
  const levels = EDGE_STRIDES.length;
  const cls = joinLevels(outputs, "cls", levels, 1), reg = joinLevels(outputs, "reg", levels, 4);
  const normaliser = tf.maximum(tf.sum(scores), 1);
  const term = (loss: tf.Tensor, counted: tf.Tensor, lossWeight: number) =>
    tf.mul(tf.div(tf.sum(tf.mul(loss, counted)), normaliser), lossWeight) as tf.Scalar;
  const apart = tf.abs(tf.sub(tf.sigmoid(cls), scores));
  const sure = tf.mul(scores, tf.cast(tf.greater(scores, SURE_ENOUGH), "float32"));
  return {
    cls: term(crossEntropy(cls, scores), tf.add(scores, apart), lossWeights.cls),
    box: term(
      diouLoss(predictedCorners(reg, anchors, "deltas"), corners(boxes)),
      sure,
      lossWeights.box,
    ),
  };
}
