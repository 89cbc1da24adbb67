/**
 * TinaFace's loss: focal for the classes, DIoU for the boxes, cross-entropy for the IoU that a box
 * will reach.
 *
 * Reference: tinaface paper §3; vedadet `criteria/iou_bbox_anchor_criterion.py`. Each sum is divided
 * by the number of positives, one at least an image.
 *
 * @module
 */
import { tf } from "../../deps/tfjs.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";
import { type CornerTensors, diouLoss, giouLoss, pairwiseIou } from "../../losses/boxes.ts";
import { crossEntropy, focalLoss } from "../../losses/focal.ts";
import { corners, detached, joinLevels, predictedCorners } from "../anchored/outputs.ts";
import type { TinafaceConfig } from "./config.ts";

/** What the heads said and should have said; A anchors. */
export interface LossInput {
  /** Heads' outputs by name, `[B, H, W, …]`. */
  readonly outputs: Readonly<Record<string, tf.Tensor>>;
  /** `[B, A]`, see `encodeTargets`. */
  readonly labels: tf.Tensor2D;
  /** `[B, A, 4]`, pixels. */
  readonly boxes: tf.Tensor3D;
  /** The anchors, `4 · A` numbers. */
  readonly anchors: Boxes;
  /** Size of the network input. */
  readonly frame: Size;
}

/** Terms of the loss. Run it in a `tf.tidy`. */
export function tinafaceLoss(
  { outputs, labels, boxes, anchors, frame }: LossInput,
  config: TinafaceConfig,
): Record<"cls" | "box" | "iou", tf.Scalar> {
  const { lossWeights, levels, boxLoss } = config;
  const cls = joinLevels(outputs, "cls", levels, 1), iou = joinLevels(outputs, "iou", levels, 1);
  const reg = joinLevels(outputs, "reg", levels, 4);

  const positive = tf.cast(tf.equal(labels, 1), "float32");
  const counted = tf.cast(tf.greaterEqual(labels, 0), "float32");
  const normaliser = tf.sum(tf.maximum(tf.sum(positive, 1), 1));
  const term = (loss: tf.Tensor, mask: tf.Tensor, weight: number) =>
    tf.mul(tf.div(tf.sum(tf.mul(loss, mask)), normaliser), weight) as tf.Scalar;

  const truth = corners(boxes), found = predictedCorners(reg, anchors, config.regression);
  // Where no face is, the target is an empty box; its loss is masked, and must only be finite.
  const reached = pairwiseIou(detached(found), truth);
  return {
    cls: term(focalLoss(cls, positive), counted, lossWeights.cls),
    box: term(BOX_LOSSES[boxLoss](found, truth, frame), positive, lossWeights.box),
    iou: term(crossEntropy(iou, reached), positive, lossWeights.iou),
  };
}

type BoxLoss = (found: CornerTensors, truth: CornerTensors, frame: Size) => tf.Tensor;

const BOX_LOSSES: { readonly [L in TinafaceConfig["boxLoss"]]: BoxLoss } = {
  diou: diouLoss,
  // Seed 2: GIoU, and L1 of the corners in units of the input.
  "giou+l1": (found, truth, frame) => {
    const difference = (key: keyof CornerTensors, side: number) =>
      tf.div(tf.abs(tf.sub(found[key], truth[key])), side);
    return tf.addN([
      giouLoss(found, truth),
      difference("x1", frame.width),
      difference("y1", frame.height),
      difference("x2", frame.width),
      difference("y2", frame.height),
    ]);
  },
};
