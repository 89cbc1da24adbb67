/**
 * Distance-IoU loss: how much two boxes miss each other, in a form that has a gradient even where they
 * do not touch.
 *
 * Reference: Zheng et al. 2020, arXiv 1911.08287, eq. 7: 1 − IoU + ρ²/c², with ρ the distance of the
 * centres and c the diagonal of the smallest box around both; epsilon as in vedadet's `iou_loss.py`,
 * added to the union and to c².
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

/**
 * The loss of each pair of boxes, in [0, 2), in the shape of the corners. Any unit will do, and
 * `x1 ≤ x2`, `y1 ≤ y2` in both.
 */
export function diouLoss(a: CornerTensors, b: CornerTensors): tf.Tensor {
  return tf.tidy(() => {
    const overlap = tf.mul(
      tf.relu(tf.sub(tf.minimum(a.x2, b.x2), tf.maximum(a.x1, b.x1))),
      tf.relu(tf.sub(tf.minimum(a.y2, b.y2), tf.maximum(a.y1, b.y1))),
    );
    const union = tf.sub(tf.add(area(a), area(b)), overlap);
    const iou = tf.div(overlap, tf.add(union, EPSILON));
    const diagonal = tf.add(
      tf.square(tf.sub(tf.maximum(a.x2, b.x2), tf.minimum(a.x1, b.x1))),
      tf.square(tf.sub(tf.maximum(a.y2, b.y2), tf.minimum(a.y1, b.y1))),
    );
    const distance = tf.add(
      tf.square(tf.sub(tf.add(a.x1, a.x2), tf.add(b.x1, b.x2))),
      tf.square(tf.sub(tf.add(a.y1, a.y2), tf.add(b.y1, b.y2))),
    ); // of the corners' sums: four times that of the centres
    return tf.add(tf.sub(1, iou), tf.div(distance, tf.mul(tf.add(diagonal, EPSILON), 4)));
  });
}

function area({ x1, y1, x2, y2 }: CornerTensors): tf.Tensor {
  return tf.mul(tf.sub(x2, x1), tf.sub(y2, y1));
}
