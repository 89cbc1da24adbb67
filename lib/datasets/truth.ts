/**
 * The true faces of a photo as a network sees them through a view.
 *
 * @module
 */
import { boxArea, boxCount, type Boxes, clipBoxes, takeBoxes } from "../geometry/boxes.ts";
import { boxesToView, type View } from "../geometry/view.ts";
import type { Truth } from "../models/detector_model.ts";

/** Which faces of a view are too little of a face to learn from; they are ignored. */
export interface TruthOptions {
  /** Faces whose longer side is less than this part of the view's shorter side. Default 0. */
  readonly minFaceSide?: number;
  /** Faces of which less than this part of their area lies in the view. Default 0.5. */
  readonly minVisible?: number;
}

/** The longer side of box `i`. */
export function faceSide(boxes: Boxes, i: number): number {
  const o = 4 * i;
  return Math.max(boxes[o + 2]! - boxes[o]!, boxes[o + 3]! - boxes[o + 1]!);
}

/** Whether the centre of box `i` lies strictly inside a picture of this size. */
function isCentreInside(boxes: Boxes, i: number, width: number, height: number): boolean {
  const x = (boxes[4 * i]! + boxes[4 * i + 2]!) / 2,
    y = (boxes[4 * i + 1]! + boxes[4 * i + 3]!) / 2;
  return x > 0 && x < width && y > 0 && y < height;
}

/**
 * Faces in pixels of the photo → faces in pixels of the view, cut to it.
 *
 * A face whose centre lies outside the view is left out (tinaface.md §9.2, as in vedadet's
 * RandomSquareCrop); of the others, those that `options` finds too small or too much cut are marked to
 * be ignored, in addition to those that are so already.
 */
export function truthInView(
  { boxes, ignore }: Truth,
  view: View,
  { minFaceSide = 0, minVisible = 0.5 }: TruthOptions = {},
): Truth {
  const { outWidth, outHeight } = view;
  const whole = boxesToView(boxes, view), cut = clipBoxes(whole, outWidth, outHeight);
  const minSidePx = minFaceSide * Math.min(outWidth, outHeight);
  const kept: number[] = [], ignored: number[] = [];
  for (let i = 0; i < boxCount(boxes); i++) {
    if (!isCentreInside(whole, i, outWidth, outHeight) || boxArea(cut, i) === 0) continue;
    const isPoor = boxArea(cut, i) < minVisible * boxArea(whole, i) ||
      faceSide(whole, i) < minSidePx;
    kept.push(i);
    ignored.push(ignore[i] === 1 || isPoor ? 1 : 0);
  }
  return { boxes: takeBoxes(cut, kept), ignore: Uint8Array.from(ignored) };
}
