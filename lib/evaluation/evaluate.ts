/**
 * How good a detector's answers on an annotated data set are.
 *
 * @module
 */
import type { Sample } from "../datasets/sample.ts";
import type { Face } from "../detector/detector.ts";
import { clipBoxes } from "../geometry/boxes.ts";
import type { Size } from "../image/image.ts";
import type { Detections, Truth } from "../models/detector_model.ts";
import {
  averagePrecision,
  type ImageResult,
  LARGE_FACE_SIDE,
  pointAt,
  scoreForPrecision,
} from "./average_precision.ts";
import { createPairMetrics } from "./best_pair.ts";
import type { FoundFaces, PhotoFaces } from "./find_faces.ts";

/** How well some of the faces are found; NaN where nothing was there to measure. */
export interface FaceMetrics {
  /** How many faces count. */
  readonly faces: number;
  /** Average precision at IoU 0.5. */
  readonly ap50: number;
  /** Share of the boxes, scored at least the threshold, that are faces. */
  readonly precision: number;
  /** Share of the faces that are found with at least that score. */
  readonly recall: number;
  /** The lowest score from which boxes are faces with a precision of {@linkcode HIGH_PRECISION}. */
  readonly highPrecisionScore: number;
}

/** Result of {@linkcode evaluate}. */
export interface Evaluation {
  /** Photos that were measured. */
  readonly photos: number;
  /** All faces but those the annotators gave up. */
  readonly all: FaceMetrics;
  /** Faces of at least {@linkcode LARGE_FACE_SIDE} of the photo's longer side. */
  readonly large: FaceMetrics;
  /** See {@linkcode createPairMetrics}; the frame is a square around the photo. */
  readonly iou: number;
  /** The same. */
  readonly mse: number;
  /** Median time of a detection, without reading and decoding the photo. */
  readonly detectMs: number;
  /** One sentence for each photo that could not be measured. */
  readonly problems: readonly string[];
}

/** At most one box in twenty that is no face: where default thresholds are set. */
export const HIGH_PRECISION = 0.95;

/** Boxes in units of the photo's longer side, so that large photos do not outweigh small ones. */
const UNIT_FRAME = { width: 1, height: 1 };

function toTruth({ boxes, ignore }: Sample, { width, height }: Size): Truth {
  const side = Math.max(width, height);
  return { boxes: clipBoxes(boxes, width, height).map((value) => value / side), ignore };
}

function toDetections(faces: readonly Face[], { width, height }: Size): Detections {
  const side = Math.max(width, height);
  const corners = ({ box }: Face) => [box.x, box.y, box.x + box.width, box.y + box.height];
  return {
    boxes: Float32Array.from(faces.flatMap(corners), (value) => value / side),
    scores: Float32Array.from(faces, ({ score }) => score),
  };
}

function faceMetrics(
  images: readonly ImageResult[],
  minFaceSide: number,
  scoreThreshold: number,
): FaceMetrics {
  const { ap, faces, curve } = averagePrecision(images, { minFaceSide });
  const { precision, recall } = pointAt(curve, scoreThreshold);
  const highPrecisionScore = scoreForPrecision(curve, HIGH_PRECISION);
  return { faces, ap50: ap, precision, recall, highPrecisionScore };
}

/** The middle of some values; NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/**
 * Measures what was found in the photos of a data set; those without an answer are left out.
 *
 * @param samples The photos and their true faces.
 * @param found What a detector answered, boxes of low scores too.
 * @param scoreThreshold The score from which a box counts as a face, for precision and recall.
 */
export function evaluate(
  samples: readonly Sample[],
  { photos, problems }: FoundFaces,
  scoreThreshold: number,
): Evaluation {
  const images: ImageResult[] = [];
  const pairs = createPairMetrics();
  const measure = (sample: Sample, photo: PhotoFaces) => {
    const truth = toTruth(sample, photo), detections = toDetections(photo.faces, photo);
    pairs.add(truth, detections, UNIT_FRAME);
    images.push({ truth, detections, imageSide: 1 });
  };
  for (const sample of samples) {
    const photo = photos.get(sample.id);
    if (photo !== undefined) measure(sample, photo);
  }
  return {
    photos: images.length,
    all: faceMetrics(images, 0, scoreThreshold),
    large: faceMetrics(images, LARGE_FACE_SIDE, scoreThreshold),
    ...pairs.metrics(),
    detectMs: median(Array.from(photos.values(), ({ detectMs }) => detectMs)),
    problems,
  };
}
