/**
 * How much two boxes miss each other, in forms that have a gradient even where they do not touch.
 *
 * Reference: Zheng et al. 2020, arXiv 1911.08287, eq. 7 (DIoU: 1 − IoU + ρ²/c², with ρ the distance
 * of the centres and c the diagonal of the smallest box around both); Rezatofighi et al. 2019, arXiv
 * 1902.09630 (GIoU: 1 − IoU + the part of that box that neither covers). Epsilon as in vedadet's
 * `iou_loss.py`, added to the denominators.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

/** Corners of boxes, four tensors of one shape. */
export interface CornerTensors {
  /** Left edges. */
  readonly x1: tf.Tensor;
  /** Top edges. */
  readonly y1: tf.Tensor;
  /** Right edges. */
  readonly x2: tf.Tensor;
  /** Bottom edges. */
  readonly y2: tf.Tensor;
}

const EPSILON = 1e-6;

/** Overlap of two boxes, and the smallest box around both. */
interface Pair {
  readonly union: tf.Tensor;
  readonly iou: tf.Tensor;
  readonly hullWidth: tf.Tensor;
  readonly hullHeight: tf.Tensor;
}

/**
 * DIoU loss of each pair of boxes, in [0, 2), in the shape of the corners. Any unit will do, and
 * `x1 ≤ x2`, `y1 ≤ y2` in both.
 */
export function diouLoss(a: CornerTensors, b: CornerTensors): tf.Tensor {
  return tf.tidy(() => {
    const { iou, hullWidth, hullHeight } = pair(a, b);
    const diagonal = tf.add(tf.square(hullWidth), tf.square(hullHeight));
    const distance = tf.add(
      tf.square(tf.sub(tf.add(a.x1, a.x2), tf.add(b.x1, b.x2))),
      tf.square(tf.sub(tf.add(a.y1, a.y2), tf.add(b.y1, b.y2))),
    ); // of the corners' sums: four times that of the centres
    return tf.add(tf.sub(1, iou), tf.div(distance, tf.mul(tf.add(diagonal, EPSILON), 4)));
  });
}

/** GIoU loss of each pair of boxes, in [0, 2); otherwise as {@linkcode diouLoss}. */
export function giouLoss(a: CornerTensors, b: CornerTensors): tf.Tensor {
  return tf.tidy(() => {
    const { iou, union, hullWidth, hullHeight } = pair(a, b);
    const hull = tf.mul(hullWidth, hullHeight);
    const empty = tf.div(tf.sub(hull, union), tf.add(hull, EPSILON));
    return tf.add(tf.sub(1, iou), empty);
  });
}

/** IoU of each pair of boxes, in [0, 1]; otherwise as {@linkcode diouLoss}. */
export function pairwiseIou(a: CornerTensors, b: CornerTensors): tf.Tensor {
  return tf.tidy(() => pair(a, b).iou);
}

function pair(a: CornerTensors, b: CornerTensors): Pair {
  const overlap = tf.mul(
    tf.relu(tf.sub(tf.minimum(a.x2, b.x2), tf.maximum(a.x1, b.x1))),
    tf.relu(tf.sub(tf.minimum(a.y2, b.y2), tf.maximum(a.y1, b.y1))),
  );
  const union = tf.sub(tf.add(area(a), area(b)), overlap);
  return {
    union,
    iou: tf.div(overlap, tf.add(union, EPSILON)),
    hullWidth: tf.sub(tf.maximum(a.x2, b.x2), tf.minimum(a.x1, b.x1)),
    hullHeight: tf.sub(tf.maximum(a.y2, b.y2), tf.minimum(a.y1, b.y1)),
  };
}

function area({ x1, y1, x2, y2 }: CornerTensors): tf.Tensor {
  return tf.mul(tf.sub(x2, x1), tf.sub(y2, y1));
}
