/**
 * The loss of the tiny detector: is there a face in the cell, and where.
 *
 * Reference: seed 1's `model/loss.py` (sum over the cells of the cross-entropy of the score, plus
 * the squared difference of boxes in units of cells). Mended: every face of the photo counts, not
 * one, and it is compared with the cell that speaks for it, not with the best-scored one.
 *
 * @module
 */
import { tf } from "../../deps/tfjs.ts";

/** Keeps the logarithm finite where a score saturates (Keras' `epsilon`). */
const EPSILON = 1e-7;

/**
 * Terms of the loss, sums over an image's cells, meaned over the batch.
 *
 * @param grid The network's output, `[B, G, G, 5]`.
 * @param target What `encodeGrid` gave, `[B, G, G, 6]`.
 */
export function gridLoss(
  grid: tf.Tensor4D,
  target: tf.Tensor4D,
): { score: tf.Scalar; box: tf.Scalar } {
  const [batch, gridSize] = grid.shape;
  const channel = (of: tf.Tensor4D, from: number, count: number) =>
    tf.slice4d(of, [0, 0, 0, from], [-1, -1, -1, count]);
  const meanOfSums = (x: tf.Tensor) => tf.div(tf.sum(x), batch) as tf.Scalar;

  const predicted = tf.clipByValue(channel(grid, 4, 1), EPSILON, 1 - EPSILON);
  const face = channel(target, 4, 1), weight = channel(target, 5, 1);
  const crossEntropy = tf.neg(tf.add(
    tf.mul(face, tf.log(predicted)),
    tf.mul(tf.sub(1, face), tf.log(tf.sub(1, predicted))),
  ));

  // Height and width are fractions of the input, offsets are in cells: all four in cells.
  const inCells = tf.tensor1d([gridSize, gridSize, 1, 1]);
  const distance = tf.mul(tf.sub(channel(grid, 0, 4), channel(target, 0, 4)), inCells);
  return {
    score: meanOfSums(tf.mul(crossEntropy, weight)),
    box: meanOfSums(tf.mul(tf.square(distance), face)),
  };
}
