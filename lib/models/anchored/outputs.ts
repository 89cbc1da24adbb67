/**
 * What the heads say, as tensors that a loss can compare.
 *
 * @module
 */
import { tf } from "../../deps/tfjs.ts";
import { DELTA_STDS, MAX_LOG_RATIO } from "../../geometry/box_coder.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import type { CornerTensors } from "../../losses/boxes.ts";

/** One head's outputs of all levels as `[B, A]` or `[B, A, numbers]`. */
export function joinLevels(
  outputs: Readonly<Record<string, tf.Tensor>>,
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

/** Boxes `[B, A, 4]` as four tensors `[B, A]`. */
export function corners(boxes: tf.Tensor): CornerTensors {
  // Splitting the last axis costs each number a step of its own; after the transpose it costs nothing.
  const [x1, y1, x2, y2] = tf.unstack(tf.transpose(boxes, [2, 0, 1]));
  return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
}

/** The boxes that the regression stands for, as `decodeDeltas` has them. */
export function predictedCorners(
  reg: tf.Tensor,
  anchors: Boxes,
  regression: "deltas" | "corners",
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
export function detached(boxes: CornerTensors): CornerTensors {
  const stop = tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return { x1: stop(boxes.x1), y1: stop(boxes.y1), x2: stop(boxes.x2), y2: stop(boxes.y2) };
}
