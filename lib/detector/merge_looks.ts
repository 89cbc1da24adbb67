/**
 * One list of faces from several looks at a photo.
 *
 * A face on the border of a tile shows in part: its box there is cut, and would count as a second
 * face, because it overlaps the whole one too little for NMS. Cut boxes stand back behind whole ones.
 *
 * @module
 */
import { voteBoxes } from "../geometry/box_voting.ts";
import { boxArea, boxCount, type Boxes, intersectionArea, takeBoxes } from "../geometry/boxes.ts";
import { nms, type NmsOptions } from "../geometry/nms.ts";
import { boxesFromView, type View } from "../geometry/view.ts";
import type { Size } from "../image/image.ts";
import type { Detections } from "../models/detector_model.ts";

/** A box that ends so near to a border of its tile, in sides of the box, may be cut by it. */
const BORDER_SIDES = 0.05;

/** Of a cut box that lies in another one with more than this part of its area, that one tells. */
const PART_INSIDE = 0.3;

/**
 * A box that has more than this of itself in a better one from another look, or of that in itself, is
 * of the same face: sizes differ more between looks than within one.
 */
const SAME_FACE = 0.65;

/** Whether the border of a view, where the photo goes on behind it, may cut box `i`. */
function isCut(boxes: Boxes, i: number, view: View, photo: Size): boolean {
  const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const right = view.x + view.width, bottom = view.y + view.height;
  const nearX = BORDER_SIDES * (x2 - x1), nearY = BORDER_SIDES * (y2 - y1);
  // Half a pixel: tiles that end with the photo may miss its edge by rounding.
  return view.x > 0.5 && x1 < view.x + nearX ||
    view.y > 0.5 && y1 < view.y + nearY ||
    right < photo.width - 0.5 && x2 > right - nearX ||
    bottom < photo.height - 0.5 && y2 > bottom - nearY;
}

/** What one look found: boxes in pixels of the photo. */
export interface Found extends Detections {
  /** N flags: 1 = the box may be a part of a face. */
  readonly cut: Uint8Array;
}

/**
 * What a look found, in pixels of the photo.
 *
 * @param detections Boxes in pixels of the view.
 * @param scoreThreshold Boxes scored below this are left out.
 */
export function foundIn(
  { boxes, scores }: Detections,
  view: View,
  photo: Size,
  scoreThreshold: number,
): Found {
  const kept = [...scores.keys()].filter((i) => scores[i]! >= scoreThreshold);
  const inPhoto = boxesFromView(takeBoxes(boxes, kept), view);
  return {
    boxes: inPhoto,
    scores: Float32Array.from(kept, (i) => scores[i]!),
    cut: Uint8Array.from(kept, (_, k) => isCut(inPhoto, k, view, photo) ? 1 : 0),
  };
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function pick(found: readonly Found[], flag: 0 | 1): Detections {
  const parts = found.map(({ boxes, scores, cut }) => {
    const indices = [...cut.keys()].filter((i) => cut[i] === flag);
    return {
      boxes: takeBoxes(boxes, indices),
      scores: Float32Array.from(indices, (i) => scores[i]!),
    };
  });
  return {
    boxes: concat(parts.map(({ boxes }) => boxes)),
    scores: concat(parts.map(({ scores }) => scores)),
  };
}

/** Whether box `i` lies with a good part of itself in one of the others. */
function isPartOf(boxes: Boxes, i: number, others: Boxes): boolean {
  const area = boxArea(boxes, i);
  for (let j = 0; j < boxCount(others); j++) {
    if (intersectionArea(boxes, i, others, j) > PART_INSIDE * area) return true;
  }
  return false;
}

/** Of the cut boxes those that tell of a face that nothing else tells of, the surest first. */
function remains({ boxes, scores }: Detections, whole: Boxes, options: NmsOptions): Detections {
  const order = nms(boxes, scores, options);
  const kept: number[] = [];
  for (const i of order) {
    if (isPartOf(boxes, i, whole) || isPartOf(boxes, i, takeBoxes(boxes, kept))) continue;
    kept.push(i);
  }
  return { boxes: takeBoxes(boxes, kept), scores: Float32Array.from(kept, (i) => scores[i]!) };
}

/** The boxes without those that a better one makes needless; they come best first. */
function distinct({ boxes, scores }: Detections): Detections {
  const kept: number[] = [];
  for (const i of scores.keys()) {
    const isSame = (k: number) =>
      intersectionArea(boxes, i, boxes, k) >
        SAME_FACE * Math.min(boxArea(boxes, i), boxArea(boxes, k));
    if (!kept.some(isSame)) kept.push(i);
  }
  return { boxes: takeBoxes(boxes, kept), scores: Float32Array.from(kept, (i) => scores[i]!) };
}

/**
 * Merges what several looks found: whole boxes by NMS and box voting, then the cut ones that are no
 * part of those. One look alone is left to NMS, without voting.
 *
 * @returns The boxes, in pixels of the photo, the surest first.
 */
export function mergeLooks(found: readonly Found[], options: NmsOptions): Detections {
  const whole = pick(found, 0);
  if (found.length === 1) {
    const kept = nms(whole.boxes, whole.scores, options);
    return {
      boxes: takeBoxes(whole.boxes, kept),
      scores: Float32Array.from(kept, (i) => whole.scores[i]!),
    };
  }
  const voted = distinct(voteBoxes(whole.boxes, whole.scores, options));
  const rest = remains(pick(found, 1), voted.boxes, options);
  const boxes = concat([voted.boxes, rest.boxes]), scores = concat([voted.scores, rest.scores]);
  const order = [...scores.keys()].sort((i, j) => scores[j]! - scores[i]! || i - j)
    .slice(0, options.maxBoxes);
  return { boxes: takeBoxes(boxes, order), scores: Float32Array.from(order, (i) => scores[i]!) };
}
