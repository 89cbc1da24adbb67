/**
 * Faces as the library's user gets them, and as the flat arrays that everything inside computes on.
 *
 * @module
 */
import type { Boxes } from "./boxes.ts";

/** A rectangle in pixels of the photo, from its upper left corner. */
export interface FaceBox {
  /** Left edge. */
  readonly x: number;
  /** Top edge. */
  readonly y: number;
  /** Width, > 0. */
  readonly width: number;
  /** Height, > 0. */
  readonly height: number;
}

/** A face that was found. */
export interface Face {
  /** Where it is, in pixels of the upright photo; inside the photo. */
  readonly box: FaceBox;
  /** How sure the detector is, in [0, 1]. */
  readonly score: number;
}

/** The boxes of some faces as one array. */
export function boxesOf(faces: readonly Pick<Face, "box">[]): Boxes {
  return Float32Array.from(
    faces.flatMap(({ box: { x, y, width, height } }) => [x, y, x + width, y + height]),
  );
}

/** N boxes and N scores as faces, in their order. */
export function toFaces(boxes: Boxes, scores: ArrayLike<number>): Face[] {
  return Array.from(scores, (score, i): Face => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    return { box: { x: x1!, y: y1!, width: x2! - x1!, height: y2! - y1! }, score };
  });
}
