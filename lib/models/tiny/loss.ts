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
import { type CornerTensors, diouLoss } from "../../losses/boxes.ts";
import type { BoxLoss } from "./config.ts";

/** Keeps the logarithm finite where a score saturates (Keras' `epsilon`). */
const EPSILON = 1e-7;

/** Loss of each cell's box, `[B, G, G, 1]`, from its four numbers, both `[B, G, G, 4]`. */
type CellLoss = (predicted: tf.Tensor4D, target: tf.Tensor4D) => tf.Tensor;

const BOX_LOSSES: { readonly [L in BoxLoss]: CellLoss } = {
  squared: (predicted, target) => {
    // Height and width are fractions of the input, offsets are in cells: all four in cells.
    const [, gridSize] = predicted.shape;
    const inCells = tf.tensor1d([gridSize, gridSize, 1, 1]);
    return tf.sum(tf.square(tf.mul(tf.sub(predicted, target), inCells)), 3, true);
  },
  diou: (predicted, target) => diouLoss(cornersInCell(predicted), cornersInCell(target)),
};

/** Corners in cells, from the corner of the cell that the box belongs to. */
function cornersInCell(cells: tf.Tensor4D): CornerTensors {
  const [, gridSize] = cells.shape;
  const [height, width, y, x] = tf.split(cells, 4, 3) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const halfHeight = tf.mul(height, gridSize / 2), halfWidth = tf.mul(width, gridSize / 2);
  return {
    x1: tf.sub(x, halfWidth),
    y1: tf.sub(y, halfHeight),
    x2: tf.add(x, halfWidth),
    y2: tf.add(y, halfHeight),
  };
}

/**
 * Terms of the loss, sums over an image's cells, meaned over the batch.
 *
 * @param grid The network's output, `[B, G, G, 5]`.
 * @param target What `encodeGrid` gave, `[B, G, G, 6]`.
 */
export function gridLoss(
  grid: tf.Tensor4D,
  target: tf.Tensor4D,
  boxLoss: BoxLoss,
): { score: tf.Scalar; box: tf.Scalar } {
  const [batch] = grid.shape;
  const channels = (of: tf.Tensor4D, from: number, count: number) =>
    tf.slice4d(of, [0, 0, 0, from], [-1, -1, -1, count]);
  const meanOfSums = (x: tf.Tensor) => tf.div(tf.sum(x), batch) as tf.Scalar;

  const predicted = tf.clipByValue(channels(grid, 4, 1), EPSILON, 1 - EPSILON);
  const face = channels(target, 4, 1), weight = channels(target, 5, 1);
  const crossEntropy = tf.neg(tf.add(
    tf.mul(face, tf.log(predicted)),
    tf.mul(tf.sub(1, face), tf.log(tf.sub(1, predicted))),
  ));
  const distance = BOX_LOSSES[boxLoss](channels(grid, 0, 4), channels(target, 0, 4));
  return {
    score: meanOfSums(tf.mul(crossEntropy, weight)),
    box: meanOfSums(tf.mul(distance, face)),
  };
}
