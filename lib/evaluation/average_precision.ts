/**
 * Average precision: how well a ranking of boxes finds the true faces.
 *
 * Matching follows COCO (detections by falling score, each takes the free face that it overlaps
 * most; faces marked `ignore` absorb what overlaps only them), interpolation follows VOC 2010 and
 * later (area under the precision made non-increasing, over all points). Equal scores keep the order of
 * the images, as in both. WIDER FACE's official
 * easy/medium/hard protocol differs in both and is another module's.
 *
 * @module
 */
import { boxCount, type Boxes, iou } from "../geometry/boxes.ts";
import type { Detections, Truth } from "../models/detector_model.ts";

/** What was to be found in one image and what was found, all boxes in one coordinate frame. */
export interface ImageResult {
  /** The true faces. */
  readonly truth: Truth;
  /** The boxes found, after NMS, in any order. */
  readonly detections: Detections;
  /** Longer side of the image, in units of the boxes; needed where sizes are relative to it. */
  readonly imageSide: number;
}

/**
 * A face is called large when its longer side is at least a tenth of the image's longer side: 22 of
 * the 224 pixels that the tiny detector sees.
 */
export const LARGE_FACE_SIDE = 0.1;

/** What counts as found. */
export interface AveragePrecisionOptions {
  /** A detection finds a face when their IoU is at least this. Default 0.5. */
  readonly iouThreshold?: number;
  /**
   * Faces whose longer side is below this fraction of the longer side of the image become `ignore`;
   * so do detections that small, when they find no face that counts. Default 0: all faces count.
   */
  readonly minFaceSide?: number;
}

/** How good the detections are when only those scored at least `score` are kept. */
export interface CurvePoint {
  /** Score of the last detection kept. */
  readonly score: number;
  /** Share of the detections kept that are faces. */
  readonly precision: number;
  /** Share of the faces that are found. */
  readonly recall: number;
}

/** Result of {@linkcode averagePrecision}. */
export interface AveragePrecision {
  /** Area under the interpolated curve, in [0, 1]; NaN when no face counts. */
  readonly ap: number;
  /** How many faces count. */
  readonly faces: number;
  /** One point for each detection that counts, highest score first. */
  readonly curve: readonly CurvePoint[];
}

/** What became of one detection. */
type Verdict = "true" | "false" | "ignored";

/** Longer side of box `i`. */
function longSide(boxes: Boxes, i: number): number {
  return Math.max(boxes[4 * i + 2]! - boxes[4 * i]!, boxes[4 * i + 3]! - boxes[4 * i + 1]!);
}

/** The candidate that overlaps box `i` of `boxes` most, at least by `threshold`; −1 for none. */
function bestOverlap(
  boxes: Boxes,
  i: number,
  truths: Boxes,
  isCandidate: (j: number) => boolean,
  threshold: number,
): number {
  let best = -1, bestIou = -Infinity;
  for (let j = 0; j < boxCount(truths); j++) {
    if (!isCandidate(j)) continue;
    const overlap = iou(boxes, i, truths, j);
    if (overlap >= threshold && overlap > bestIou) [best, bestIou] = [j, overlap];
  }
  return best;
}

/** Indices of the scores, highest first; equal ones keep their order. */
function byFallingScore(scores: Float32Array): number[] {
  return Array.from(scores.keys()).sort((i, j) => scores[j]! - scores[i]! || i - j);
}

/** Judges the detections of one image; also says how many of its faces count. */
function judge(
  { truth, detections, imageSide }: ImageResult,
  iouThreshold: number,
  minFaceSide: number,
): { faces: number; verdicts: { score: number; verdict: Verdict }[] } {
  const minSide = minFaceSide * imageSide;
  const isIgnored = Array.from(
    truth.ignore,
    (flag, j) => flag === 1 || longSide(truth.boxes, j) < minSide,
  );
  const found = new Set<number>();
  const isFree = (j: number) => !isIgnored[j] && !found.has(j);
  const find = (i: number, isCandidate: (j: number) => boolean) =>
    bestOverlap(detections.boxes, i, truth.boxes, isCandidate, iouThreshold);

  const verdictOf = (i: number): Verdict => {
    const face = find(i, isFree);
    if (face >= 0) {
      found.add(face);
      return "true";
    }
    if (find(i, (j) => isIgnored[j]!) >= 0) return "ignored";
    return longSide(detections.boxes, i) < minSide ? "ignored" : "false";
  };
  return {
    faces: isIgnored.filter((flag) => !flag).length,
    verdicts: byFallingScore(detections.scores)
      .map((i) => ({ score: detections.scores[i]!, verdict: verdictOf(i) })),
  };
}

/** Precision and recall after each detection. */
function curveOf(
  ranked: readonly { score: number; verdict: Verdict }[],
  faces: number,
): CurvePoint[] {
  let hits = 0;
  return ranked.map(({ score, verdict }, i) => {
    if (verdict === "true") hits++;
    return { score, precision: hits / (i + 1), recall: hits / faces };
  });
}

/** Area under the curve, its precision made non-increasing from the right. */
function area(curve: readonly CurvePoint[]): number {
  let sum = 0, precision = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    precision = Math.max(precision, curve[i]!.precision);
    sum += precision * (curve[i]!.recall - (curve[i - 1]?.recall ?? 0));
  }
  return sum;
}

/** Average precision of the detections in a set of images, and the curve behind it. */
export function averagePrecision(
  images: readonly ImageResult[],
  { iouThreshold = 0.5, minFaceSide = 0 }: AveragePrecisionOptions = {},
): AveragePrecision {
  const judged = images.map((image) => judge(image, iouThreshold, minFaceSide));
  const faces = judged.reduce((sum, image) => sum + image.faces, 0);
  const ranked = judged.flatMap((image) => image.verdicts)
    .filter(({ verdict }) => verdict !== "ignored")
    .sort((a, b) => b.score - a.score);
  if (faces === 0) return { ap: NaN, faces, curve: [] };
  const curve = curveOf(ranked, faces);
  return { ap: area(curve), faces, curve };
}

/**
 * The point of a curve where only detections scored at least `threshold` are kept. Precision is NaN
 * and recall 0 when there is none.
 */
export function pointAt(curve: readonly CurvePoint[], threshold: number): CurvePoint {
  return curve.findLast(({ score }) => score >= threshold) ??
    { score: threshold, precision: NaN, recall: 0 };
}

/**
 * The lowest score from which on precision is at least `precision`, however few detections are kept;
 * NaN when there is none.
 */
export function scoreForPrecision(curve: readonly CurvePoint[], precision: number): number {
  return curve.findLast((point) => point.precision >= precision)?.score ?? NaN;
}
