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
import { DELTA_STDS, MAX_LOG_RATIO } from "../../geometry/box_coder.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";
import { type CornerTensors, diouLoss, giouLoss, pairwiseIou } from "../../losses/boxes.ts";
import { crossEntropy, focalLoss } from "../../losses/focal.ts";
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

  const truth = corners(boxes), found = predictedCorners(reg, anchors, config);
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

/** One head's outputs of all levels as `[B, A]` or `[B, A, numbers]`. */
function joinLevels(
  outputs: LossInput["outputs"],
  head: string,
  levels: number,
  numbers: number,
): tf.Tensor {
  const parts = Array.from({ length: levels }, (_, i) => {
    const output = outputs[`${head}_${i}`]!;
    return tf.reshape(output, [output.shape[0]!, -1, numbers]);
  });
  const joined = tf.concat(parts, 1);
  return numbers === 1 ? tf.squeeze(joined, [2]) : joined;
}

function corners(boxes: tf.Tensor): CornerTensors {
  const [x1, y1, x2, y2] = tf.split(boxes, 4, 2).map((part) => tf.squeeze(part, [2]));
  return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
}

/** The boxes that the regression stands for, as `decodeDeltas` has them. */
function predictedCorners(
  reg: tf.Tensor,
  anchors: Boxes,
  { regression }: TinafaceConfig,
): CornerTensors {
  const { x1: dx, y1: dy, x2: dw, y2: dh } = corners(reg);
  if (regression === "corners") {
    return {
      x1: tf.minimum(dx, dw),
      y1: tf.minimum(dy, dh),
      x2: tf.maximum(dx, dw),
      y2: tf.maximum(dy, dh),
    };
  }
  const { x1: ax1, y1: ay1, x2: ax2, y2: ay2 } = corners(
    tf.tensor3d(anchors, [1, anchors.length / 4, 4]),
  );
  const width = tf.sub(ax2, ax1), height = tf.sub(ay2, ay1);
  const centre = (
    low: tf.Tensor,
    high: tf.Tensor,
    side: tf.Tensor,
    delta: tf.Tensor,
    std: number,
  ) => tf.add(tf.div(tf.add(low, high), 2), tf.mul(side, tf.mul(delta, std)));
  const half = (side: tf.Tensor, delta: tf.Tensor, std: number) => {
    const ratio = tf.exp(tf.clipByValue(tf.mul(delta, std), -MAX_LOG_RATIO, MAX_LOG_RATIO));
    return tf.div(tf.mul(side, ratio), 2);
  };
  const x = centre(ax1, ax2, width, dx, DELTA_STDS[0]), halfWidth = half(width, dw, DELTA_STDS[2]);
  const y = centre(ay1, ay2, height, dy, DELTA_STDS[1]),
    halfHeight = half(height, dh, DELTA_STDS[3]);
  return {
    x1: tf.sub(x, halfWidth),
    y1: tf.sub(y, halfHeight),
    x2: tf.add(x, halfWidth),
    y2: tf.add(y, halfHeight),
  };
}

/** The same numbers, through which no gradient flows. */
function detached(boxes: CornerTensors): CornerTensors {
  const stop = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return { x1: stop(boxes.x1), y1: stop(boxes.y1), x2: stop(boxes.x2), y2: stop(boxes.y2) };
}
