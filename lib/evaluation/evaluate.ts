/**
 * Runs a detector over an annotated data set and measures it.
 *
 * @module
 */
import { decodeImage } from "../codec/decode.ts";
import type { Dataset, Sample } from "../datasets/sample.ts";
import type { DetectOptions, Face } from "../detector/detector.ts";
import type { ReadableStore } from "../files/store.ts";
import { clipBoxes } from "../geometry/boxes.ts";
import type { Image } from "../image/image.ts";
import type { Detections, Truth } from "../models/detector_model.ts";
import {
  averagePrecision,
  type ImageResult,
  LARGE_FACE_SIDE,
  pointAt,
} from "./average_precision.ts";
import { createPairMetrics } from "./best_pair.ts";

/** As much of a detector as is needed here. */
export interface PhotoDetector {
  /** Finds the faces in pixels; boxes in those pixels. */
  detect(image: Image, options: Pick<DetectOptions, "scoreThreshold">): Promise<Face[]>;
}

/** What is evaluated, and how. */
export interface EvaluationOptions {
  /** The photos and their true faces. */
  readonly dataset: Dataset;
  /** Where the photos lie. */
  readonly store: ReadableStore;
  /** What is measured. */
  readonly detector: PhotoDetector;
  /** The score from which a box counts as a face, for precision and recall. In [0, 1]. */
  readonly scoreThreshold: number;
  /** Called after each photo. */
  readonly onPhoto?: (done: number, total: number) => void;
}

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

/** Boxes below this score make no difference to average precision that is worth their time. */
const LOWEST_SCORE = 0.01;

/** Boxes in units of the photo's longer side, so that large photos do not outweigh small ones. */
const UNIT_FRAME = { width: 1, height: 1 };

function toTruth({ boxes, ignore }: Sample, { width, height }: Image): Truth {
  const side = Math.max(width, height);
  return { boxes: clipBoxes(boxes, width, height).map((value) => value / side), ignore };
}

function toDetections(faces: readonly Face[], { width, height }: Image): Detections {
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
  return { faces, ap50: ap, precision, recall };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/**
 * Measures a detector. A photo that cannot be read is left out and reported; what the detector throws
 * of itself ends the evaluation.
 */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { dataset, store, detector, scoreThreshold, onPhoto } = options;
  const images: ImageResult[] = [], times: number[] = [], problems: string[] = [];
  const pairs = createPairMetrics();

  const measure = async (sample: Sample, image: Image) => {
    const start = performance.now();
    const faces = await detector.detect(image, { scoreThreshold: LOWEST_SCORE });
    times.push(performance.now() - start);
    const truth = toTruth(sample, image), detections = toDetections(faces, image);
    pairs.add(truth, detections, UNIT_FRAME);
    images.push({ truth, detections, imageSide: 1 });
  };

  for (const [i, sample] of dataset.samples.entries()) {
    const image = await readPhoto(store, sample).catch((error: Error) => {
      problems.push(`${sample.path}: ${error.message}`);
    });
    if (image) await measure(sample, image);
    onPhoto?.(i + 1, dataset.samples.length);
  }
  return {
    photos: images.length,
    all: faceMetrics(images, 0, scoreThreshold),
    large: faceMetrics(images, LARGE_FACE_SIDE, scoreThreshold),
    ...pairs.metrics(),
    detectMs: median(times),
    problems,
  };
}

async function readPhoto(store: ReadableStore, sample: Sample): Promise<Image> {
  return await decodeImage(await store.read(sample.path), { orientation: sample.orientation });
}
