/**
 * A view: the axis-aligned rectangle of a picture that a network gets to see, and the size it is
 * shown at. Letterbox, square crop, zoom and flip are all views, so pixels (`lib/image/resample.ts`)
 * and boxes (here) follow one map.
 *
 *     x_view = (x_image − x) · width_view / width      (then width_view − x_view when flipped)
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import type { Boxes } from "./boxes.ts";

/** Part of a picture and the size at which it is shown. */
export interface View {
  /** Left edge of the part, in image pixels; may lie outside the image. */
  readonly x: number;
  /** Top edge of the part, in image pixels; may lie outside the image. */
  readonly y: number;
  /** Width of the part, in image pixels, > 0; may be larger than the image. */
  readonly width: number;
  /** Height of the part, in image pixels, > 0. */
  readonly height: number;
  /** Width shown, in whole pixels. */
  readonly outWidth: number;
  /** Height shown, in whole pixels. */
  readonly outHeight: number;
  /** Mirrored left to right. Default `false`. */
  readonly flip?: boolean;
}

/** The view that shows a whole picture at another size; the aspect follows the size. */
export function wholeView({ width, height }: Size, shown: Size): View {
  return { x: 0, y: 0, width, height, outWidth: shown.width, outHeight: shown.height };
}

/** A view of a picture as a view of the same picture at a size larger by these factors. */
export function magnified(view: View, scaleX: number, scaleY: number): View {
  return {
    ...view,
    x: view.x * scaleX,
    y: view.y * scaleY,
    width: view.width * scaleX,
    height: view.height * scaleY,
  };
}

/** Boxes in image pixels → boxes in pixels of the view (not clipped), as a new array. */
export function boxesToView(boxes: Boxes, view: View): Boxes {
  const sx = view.outWidth / view.width, sy = view.outHeight / view.height;
  const result = new Float32Array(boxes.length);
  for (let o = 0; o < boxes.length; o += 4) {
    const x1 = (boxes[o]! - view.x) * sx, x2 = (boxes[o + 2]! - view.x) * sx;
    result[o] = view.flip ? view.outWidth - x2 : x1;
    result[o + 1] = (boxes[o + 1]! - view.y) * sy;
    result[o + 2] = view.flip ? view.outWidth - x1 : x2;
    result[o + 3] = (boxes[o + 3]! - view.y) * sy;
  }
  return result;
}

/** Boxes in pixels of the view → boxes in image pixels (not clipped), as a new array. */
export function boxesFromView(boxes: Boxes, view: View): Boxes {
  const sx = view.width / view.outWidth, sy = view.height / view.outHeight;
  const result = new Float32Array(boxes.length);
  for (let o = 0; o < boxes.length; o += 4) {
    const x1 = view.flip ? view.outWidth - boxes[o + 2]! : boxes[o]!;
    const x2 = view.flip ? view.outWidth - boxes[o]! : boxes[o + 2]!;
    result[o] = view.x + x1 * sx;
    result[o + 1] = view.y + boxes[o + 1]! * sy;
    result[o + 2] = view.x + x2 * sx;
    result[o + 3] = view.y + boxes[o + 3]! * sy;
  }
  return result;
}
