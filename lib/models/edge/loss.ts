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
  /** What it saw, `[B, H, W, C]`, by the name of the output that is compared with it. */
  readonly hints: Readonly<Record<string, tf.Tensor4D>>;
}

/** From this score on a teacher's box is worth learning. */
const SURE_ENOUGH = 0.05;
/** What a place without a face counts where features are compared; one with a face counts 1 more. */
const BACKGROUND = 0.2;

/**
 * Terms of the loss where a teacher speaks: to score every place as it does, to box faces as it does,
 * and to see what it sees (FitNets: Romero et al. 2015, arXiv 1412.6550). Run it in a `tf.tidy`.
 */
export function taughtLoss(
  { outputs, scores, boxes, hints, anchors }: TaughtLossInput,
  { lossWeights }: EdgeConfig,
): Record<string, tf.Scalar> {
  const levels = EDGE_STRIDES.length;
  const cls = joinLevels(outputs, "cls", levels, 1), reg = joinLevels(outputs, "reg", levels, 4);
  // The root: small faces, of which the teacher is not sure either, are most of the faces.
  const sure = tf.sqrt(tf.mul(scores, tf.cast(tf.greater(scores, SURE_ENOUGH), "float32")));
  const mean = (loss: tf.Tensor, counted: tf.Tensor, by: tf.Tensor, lossWeight: number) =>
    tf.mul(
      tf.div(tf.sum(tf.mul(loss, counted)), tf.maximum(tf.sum(by), 1)),
      lossWeight,
    ) as tf.Scalar;
  const missed = diouLoss(predictedCorners(reg, anchors, "deltas"), corners(boxes));
  return {
    cls: mean(crossEntropy(cls, scores), tf.onesLike(scores), scores, lossWeights.cls),
    box: mean(missed, sure, sure, lossWeights.box),
    ...(Object.keys(hints).length > 0
      ? { hint: tf.mul(hintLoss(outputs, hints, scores), lossWeights.hint) as tf.Scalar }
      : {}),
  };
}

/** What a channel's size is at least taken for, as a part of the mean of all: some are nearly always 0. */
const LEAST_SIZE = 0.05;

/**
 * How far features lie apart, as a part of the teacher's own size, channel by channel; the mean of all.
 * Those of a level count more where faces are.
 */
function hintLoss(
  outputs: EdgeLossInput["outputs"],
  hints: TaughtLossInput["hints"],
  scores: tf.Tensor2D,
): tf.Tensor {
  const cells = EDGE_STRIDES.map((_, i) => outputs[`cls_${i}`]!.shape.slice(0, 3));
  const counts = tf.split(tf.add(scores, BACKGROUND), cells.map(([, h, w]) => h! * w!), 1)
    .map((count, i) => tf.reshape(count, [...cells[i]!, 1]));
  const terms = Object.entries(hints).map(([name, hint]) => {
    const count = counts.find(({ shape }) => shape[1] === hint.shape[1]);
    const sum = (x: tf.Tensor) => tf.sum(count ? tf.mul(x, count) : x, [0, 1, 2]);
    const size = sum(tf.square(hint)), least = tf.mul(tf.mean(size), LEAST_SIZE);
    const apart = sum(tf.squaredDifference(outputs[name]!, hint));
    return tf.mean(tf.div(apart, tf.add(tf.maximum(size, least), 1e-6)));
  });
  // Not addN, which binds each of its terms: WebGPU promises eight buffers.
  return tf.mean(tf.stack(terms));
}
