/**
 * How many faces of a data set a model's anchors can learn at all: those that an anchor overlaps enough
 * to be assigned to.
 *
 * @module
 */
import { boxArea, boxCount, type Boxes, iou, takeBoxes } from "../geometry/boxes.ts";
import type { Size } from "../image/image.ts";

/** What a model with anchors offers. */
export interface Anchored {
  /** Its anchors for a network input of this size, in pixels of that. */
  anchors(frame: Size): Boxes;
}

/** IoU from which a face is learnt (tinaface.md §4). */
export const ANCHOR_IOU = 0.35;

/** Tells of faces whether an anchor overlaps them enough. */
export type AnchorCheck = (boxes: Boxes, i: number) => boolean;

/** The first index at which a sorted list is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Prepares the anchors for {@linkcode AnchorCheck}. They are sorted by area: two boxes of which one is
 * smaller than `least` of the other cannot have that IoU, so few need to be looked at.
 */
export function anchorCheck(anchors: Boxes, least = ANCHOR_IOU): AnchorCheck {
  const areas = Float64Array.from({ length: boxCount(anchors) }, (_, i) => boxArea(anchors, i));
  const order = Array.from(areas.keys()).sort((i, j) => areas[i]! - areas[j]!);
  const sorted = takeBoxes(anchors, order), sortedAreas = areas.toSorted();
  return (boxes, i) => {
    const area = boxArea(boxes, i);
    if (area === 0) return false;
    const end = lowerBound(sortedAreas, area / least * (1 + 1e-6));
    for (let k = lowerBound(sortedAreas, area * least * (1 - 1e-6)); k < end; k++) {
      if (iou(sorted, k, boxes, i) >= least) return true;
    }
    return false;
  };
}
