/**
 * The numbers a training is steered by.
 *
 * @module
 */
import { takeBoxes } from "../geometry/boxes.ts";
import { nms, type NmsOptions } from "../geometry/nms.ts";
import type { Size } from "../image/image.ts";
import type { Detections, Truth } from "../models/detector_model.ts";
import { averagePrecision, type ImageResult, LARGE_FACE_SIDE } from "./average_precision.ts";
import { createPairMetrics, type PairMetrics } from "./best_pair.ts";

/** What {@linkcode createValidation} sums up to; NaN where nothing was there to measure. */
export interface ValidationMetrics extends PairMetrics {
  /** Average precision at IoU 0.5 over all faces. */
  readonly ap50: number;
  /** The same over large faces; see {@linkcode LARGE_FACE_SIDE}. */
  readonly ap50Large: number;
}

/** Sums up how well boxes were found, image by image. */
export interface Validation {
  /**
   * Adds one image.
   *
   * @param truth Its true faces. With none that counts it does not change `iou` and `mse`.
   * @param detections What the model's `decode` gave, before NMS; in the coordinates of `truth`.
   * @param frame Size of the network input that the coordinates belong to.
   */
  add(truth: Truth, detections: Detections, frame: Size): void;
  /** The metrics over the images added so far. */
  metrics(): ValidationMetrics;
}

function suppress({ boxes, scores }: Detections, options: NmsOptions): Detections {
  const kept = nms(boxes, scores, options);
  return { boxes: takeBoxes(boxes, kept), scores: Float32Array.from(kept, (i) => scores[i]!) };
}

/**
 * Starts a validation; it keeps boxes and scores, no tensor.
 *
 * @param options The NMS that the detections go through before average precision is taken.
 */
export function createValidation(
  options: NmsOptions = { iouThreshold: 0.45, scoreThreshold: 0.01, maxBoxes: 200 },
): Validation {
  const images: ImageResult[] = [];
  const pairs = createPairMetrics();
  return {
    add(truth, detections, frame) {
      pairs.add(truth, detections, frame);
      images.push({
        truth,
        detections: suppress(detections, options),
        imageSide: Math.max(frame.width, frame.height),
      });
    },

    metrics: () => ({
      ...pairs.metrics(),
      ap50: averagePrecision(images).ap,
      ap50Large: averagePrecision(images, { minFaceSide: LARGE_FACE_SIDE }).ap,
    }),
  };
}
