/**
 * The first seed's `val_iou` and `val_mse`, mended: one pair of boxes an image is compared.
 *
 * The seed read the centres of boxes as corners, took one face an image for the truth and called a
 * norm divided by the batch size the mean square error. Here boxes are boxes, an image has all its
 * faces, and the mean is one.
 *
 * @module
 */
import { boxArea, type Boxes, intersectionArea, iou } from "../geometry/boxes.ts";
import type { Size } from "../image/image.ts";
import type { Detections, Truth } from "../models/detector_model.ts";

/** What {@linkcode createPairMetrics} sums up to; NaN where nothing was there to measure. */
export interface PairMetrics {
  /**
   * Σ intersections / Σ unions over one pair an image: the most confident box found, and the true
   * face that it overlaps most, or the largest one when it overlaps none. Where nothing is found the
   * largest face adds to the unions. In [0, 1].
   */
  readonly iou: number;
  /** Mean over those pairs of the squared differences of x1, y1, x2, y2 in units of the frame. */
  readonly mse: number;
}

/** Index of the largest number; −1 when there is none. */
function argMax(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) if (best < 0 || values[i]! > values[best]!) best = i;
  return best;
}

/** The counted face that a box overlaps most; the largest when it overlaps none; −1 without faces. */
function partner(truth: Truth, boxes: Boxes, box: number): number {
  const overlaps = Array.from(
    truth.ignore,
    (flag, j) => flag === 1 ? -1 : iou(boxes, box, truth.boxes, j),
  );
  const best = argMax(overlaps);
  return overlaps[best]! > 0 ? best : largest(truth);
}

/** The largest counted face; −1 when there is none. */
function largest(truth: Truth): number {
  const areas = Array.from(truth.ignore, (flag, j) => flag === 1 ? -1 : boxArea(truth.boxes, j));
  const best = argMax(areas);
  return areas[best]! >= 0 ? best : -1;
}

/** Mean of the squared differences of two boxes in units of the frame. */
function squaredError(a: Boxes, i: number, b: Boxes, j: number, frame: Size): number {
  let sum = 0;
  for (let k = 0; k < 4; k++) {
    const side = k % 2 === 0 ? frame.width : frame.height;
    sum += ((a[4 * i + k]! - b[4 * j + k]!) / side) ** 2;
  }
  return sum / 4;
}

/** Sums up the pairs of many images. */
export function createPairMetrics(): {
  /**
   * Adds one image; one without a face that counts changes nothing.
   *
   * @param frame What the boxes lie in: its sides are the units of `mse`.
   */
  add(truth: Truth, detections: Detections, frame: Size): void;
  /** The metrics over the images added so far. */
  metrics(): PairMetrics;
} {
  let pairs = 0, intersections = 0, unions = 0, squares = 0;
  return {
    add(truth, { boxes, scores }, frame) {
      const box = argMax(scores);
      const face = box < 0 ? largest(truth) : partner(truth, boxes, box);
      if (face < 0) return;
      unions += boxArea(truth.boxes, face);
      if (box < 0) return;
      const intersection = intersectionArea(boxes, box, truth.boxes, face);
      intersections += intersection;
      unions += boxArea(boxes, box) - intersection;
      squares += squaredError(boxes, box, truth.boxes, face, frame);
      pairs++;
    },
    metrics: () => ({ iou: intersections / unions, mse: squares / pairs }),
  };
}
