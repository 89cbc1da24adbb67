/**
 * The official evaluation protocol of WIDER FACE, quirks included, so that its numbers can be compared
 * with published ones. (`average_precision.ts` is the one for everything else.)
 *
 * Reference: wondervictor/WiderFace-Evaluation `evaluation.py` and `box_overlaps.pyx`, a port of the
 * official MATLAB tools; the quirks are marked where they are.
 *
 * @module
 */

/** What a detector found in one photo. */
export interface Predictions {
  /** N boxes as `[x, y, width, height, …]`, pixels of the photo. */
  readonly boxes: Float64Array;
  /** N scores, of any range. */
  readonly scores: Float64Array;
}

/** What became of one photo before it is asked which of its faces count. */
export interface WiderMatch {
  /** How many faces it has, those that do not count included. */
  readonly faces: number;
  /** What was found, by falling score. */
  readonly predictions: Predictions;
  /** The same scores, brought to 0 … 1 over the whole set. */
  readonly scores: Float64Array;
  /** For each prediction the face that its box overlaps most, or −1 when that IoU is below 0.5. */
  readonly matches: Int32Array;
}

/** How well the faces that count are found. */
export interface WiderCurve {
  /** How many faces count. */
  readonly faces: number;
  /** Area under the curve, in [0, 1]; NaN when no face counts. */
  readonly ap: number;
  /** Predictions that are kept at each threshold and do not match a face that does not count. */
  readonly proposals: Float64Array;
  /** Faces that count and are found at each threshold. */
  readonly found: Float64Array;
}

/** Scores are cut at 1 − 1/1000, 1 − 2/1000, …, 0. */
export const WIDER_THRESHOLDS = 1000;

const MIN_IOU = 0.5;

/** Predictions by falling score; equal ones keep their order. */
export function sortPredictions({ boxes, scores }: Predictions): Predictions {
  const order = Array.from(scores.keys()).sort((i, j) => scores[j]! - scores[i]! || i - j);
  return {
    boxes: Float64Array.from(order.flatMap((i) => [...boxes.subarray(4 * i, 4 * i + 4)])),
    scores: Float64Array.from(order, (i) => scores[i]!),
  };
}

/**
 * IoU of box `i` of `a` and box `j` of `b`. Quirk: the "+ 1" of integer pixels (an edge belongs to
 * the box), for boxes that are not integers too.
 */
function pixelIou(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const p = 4 * i, q = 4 * j;
  const ax2 = a[p]! + a[p + 2]!, ay2 = a[p + 1]! + a[p + 3]!;
  const bx2 = b[q]! + b[q + 2]!, by2 = b[q + 1]! + b[q + 3]!;
  const width = Math.min(ax2, bx2) - Math.max(a[p]!, b[q]!) + 1;
  const height = Math.min(ay2, by2) - Math.max(a[p + 1]!, b[q + 1]!) + 1;
  if (width <= 0 || height <= 0) return 0;
  const areaA = (ax2 - a[p]! + 1) * (ay2 - a[p + 1]! + 1);
  const areaB = (bx2 - b[q]! + 1) * (by2 - b[q + 1]! + 1);
  return width * height / (areaA + areaB - width * height);
}

/** Quirk: the best of all faces, found ones too; the first of equals; a miss if that is below 0.5. */
function bestFace(boxes: Float64Array, i: number, faces: Float64Array): number {
  let best = -1, bestIou = -Infinity;
  for (let j = 0; j < faces.length / 4; j++) {
    const iou = pixelIou(boxes, i, faces, j);
    if (iou > bestIou) [best, bestIou] = [j, iou];
  }
  return bestIou >= MIN_IOU ? best : -1;
}

/**
 * Brings scores to 0 … 1: one minimum and one maximum over the whole set. Quirk: they start at 1 and
 * 0. Where the reference divides 0 by 0 (all scores equal), every score becomes 1.
 */
function scoreScale(predictions: readonly Predictions[]): (score: number) => number {
  let min = 1, max = 0;
  for (const { scores } of predictions) {
    for (const score of scores) [min, max] = [Math.min(min, score), Math.max(max, score)];
  }
  return max === min ? () => 1 : (score) => (score - min) / (max - min);
}

/**
 * Matches the predictions of a whole set with the faces. Do it once; which faces count comes after.
 *
 * @param images The faces `[x, y, width, height, …]` and the predictions, in any order, of each photo.
 */
export function matchWider(
  images: readonly { readonly boxes: Float64Array; readonly predictions: Predictions }[],
): WiderMatch[] {
  const scale = scoreScale(images.map(({ predictions }) => predictions));
  return images.map((image) => {
    const predictions = sortPredictions(image.predictions), { boxes, scores } = predictions;
    return {
      faces: image.boxes.length / 4,
      predictions,
      scores: scores.map(scale),
      matches: Int32Array.from(scores, (_, i) => bestFace(boxes, i, image.boxes)),
    };
  });
}

/**
 * Adds what one photo has at each threshold. A prediction on a face that does not count is left out;
 * a second one on a found face, and one on no face, is a false alarm.
 */
function addImage(
  { faces, scores, matches }: WiderMatch,
  counts: Uint8Array,
  proposals: Float64Array,
  found: Float64Array,
): void {
  const isFound = new Uint8Array(faces);
  let proposed = 0, hits = 0, next = 0;
  for (let t = 0; t < WIDER_THRESHOLDS; t++) {
    const threshold = 1 - (t + 1) / WIDER_THRESHOLDS;
    for (; next < scores.length && scores[next]! >= threshold; next++) {
      const face = matches[next]!;
      if (face >= 0 && counts[face] === 0) continue;
      proposed++;
      if (face < 0 || isFound[face] === 1) continue;
      isFound[face] = 1;
      hits++;
    }
    proposals[t]! += proposed;
    found[t]! += hits;
  }
}

/** Area under the precision, made non-increasing from the right, over the recall (VOC 2010). */
function areaUnder(recall: Float64Array, precision: Float64Array): number {
  let area = 0, best = 0;
  for (let t = recall.length - 1; t >= 0; t--) {
    best = Math.max(best, precision[t]!);
    area += (recall[t]! - (recall[t - 1] ?? 0)) * best;
  }
  return area;
}

/** Share of the proposals that are faces, and share of the faces that are found, by threshold. */
export function precisionRecall(
  { proposals, found, faces }: Pick<WiderCurve, "proposals" | "found" | "faces">,
): { precision: Float64Array; recall: Float64Array } {
  return {
    // Without a proposal precision is 0; recall is too, so the value is not seen.
    precision: found.map((hits, t) => proposals[t]! === 0 ? 0 : hits / proposals[t]!),
    recall: found.map((hits) => hits / faces),
  };
}

/**
 * Measures how well some of the faces are found. The others are ignored: they need not be found, and
 * predictions on them do no harm; predictions on no face are false alarms, whichever faces count.
 *
 * @param matches What {@linkcode matchWider} made of each photo.
 * @param counts For each photo one flag a face: 1 = it counts.
 */
export function measureWider(
  matches: readonly WiderMatch[],
  counts: readonly Uint8Array[],
): WiderCurve {
  const proposals = new Float64Array(WIDER_THRESHOLDS), found = new Float64Array(WIDER_THRESHOLDS);
  let faces = 0;
  for (const [i, match] of matches.entries()) {
    faces += counts[i]!.reduce((sum, flag) => sum + flag, 0);
    // Quirk: a photo none of whose faces counts still adds its false alarms.
    if (match.faces > 0) addImage(match, counts[i]!, proposals, found);
  }
  if (faces === 0) return { faces, ap: NaN, proposals, found };
  const { precision, recall } = precisionRecall({ proposals, found, faces });
  return { faces, ap: areaUnder(recall, precision), proposals, found };
}
